import { Center, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { ComponentType, ReactNode } from 'react';

/** What stands where there is nothing: why, and what somebody can do about it. */
export function Notice({
  icon: Icon,
  title,
  children,
  action,
  isCompact = false,
  order = 3,
}: {
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  /** Where it stands in a box of its own, without air around it. */
  readonly isCompact?: boolean;
  /** Of its title among the headings: 2 where it stands in the place of a whole page. */
  readonly order?: 2 | 3;
}): ReactNode {
  return (
    <Center py={isCompact ? 'md' : 48} px="md">
      <Stack align="center" gap="xs" maw={460}>
        <ThemeIcon size={52} radius="xl" variant="light" color="gray" aria-hidden>
          <Icon size={26} stroke={1.5} />
        </ThemeIcon>
        <Title order={order} size="h5" ta="center" mt={4} textWrap="balance">
          {title}
        </Title>
        {children !== undefined && (
          <Text size="sm" c="dimmed" ta="center" component="div" textWrap="pretty">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}
