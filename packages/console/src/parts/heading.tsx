import { Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A page's title, with what belongs beside it. */
export function Heading({
  title,
  before,
  children,
}: {
  readonly title: string;
  /** Stands before the title, such as a way back. */
  readonly before?: ReactNode;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <Group justify="space-between" mb="md" gap="xs">
      <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
        {before}
        <Title order={2} size="h3" textWrap="balance" style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Title>
      </Group>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
