import { Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A page's title, with what belongs beside it. */
export function Heading({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <Group justify="space-between" mb="md" gap="xs">
      <Title order={2} size="h3">
        {title}
      </Title>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
