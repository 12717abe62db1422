import { Avatar, Box, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { When } from './when.js';

/** One thing somebody said: who, when, and what, which may stand without the first two under the one before. */
export function Said({
  name,
  at,
  isTogether,
  isMine = false,
  avatar,
  children,
}: {
  readonly name: string;
  /** ISO 8601. */
  readonly at?: string | undefined;
  /** Whether it belongs to the one before it: the same person, just then. */
  readonly isTogether?: boolean;
  /** Whether it is who looks at the page that said it. */
  readonly isMine?: boolean;
  /** In the place of the initials. */
  readonly avatar?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Group gap="sm" align="flex-start" wrap="nowrap" pt={isTogether ? 2 : 12} pr="sm">
      <Box w={32} style={{ flexShrink: 0 }}>
        {!isTogether &&
          (avatar ?? <Avatar size={32} radius="xl" name={name} color="initials" alt="" />)}
      </Box>
      <Box style={{ minWidth: 0, flex: 1 }}>
        {!isTogether && (
          <Group gap="xs" align="baseline" style={{ rowGap: 0 }}>
            <Text size="sm" fw={650} dir="auto" style={{ overflowWrap: 'anywhere' }}>
              {name}
              {isMine && (
                <Text span inherit fw={400} c="dimmed">
                  {' '}
                  (you)
                </Text>
              )}
            </Text>
            {at !== undefined && <When at={at} as="clock" />}
          </Group>
        )}
        {children}
      </Box>
    </Group>
  );
}

/** Messages of one author within so many milliseconds stand together. */
const TOGETHER = 5 * 60_000;

/** Whether two times are so near that what one person said then stands together. */
export function isNear(before: string, at: string): boolean {
  return new Date(at).getTime() - new Date(before).getTime() < TOGETHER;
}
