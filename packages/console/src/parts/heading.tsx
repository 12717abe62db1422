import { Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { usePageTitle } from './page-title.js';

/** A page's title, which the window bears too, with what belongs beside it. */
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
  usePageTitle(title);
  return (
    <Group justify="space-between" mb="md" gap="xs" mih={36}>
      <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
        {before}
        <Title
          order={2}
          size="h3"
          textWrap="balance"
          dir="auto"
          style={{ overflowWrap: 'anywhere' }}
        >
          {title}
        </Title>
      </Group>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
