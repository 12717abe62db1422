import { Avatar, Button, Group, Popover, ScrollArea, Stack, Text } from '@mantine/core';
import type { Person } from '@quintet/client/chat';
import { IconUsers } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Names that the button says; the list has all. */
const SAID_MAX = 20;

/** How many are here, and who. */
export function People({ people }: { readonly people: readonly Person[] }): ReactNode {
  const names = people.slice(0, SAID_MAX).map(({ username }) => username);
  return (
    <Popover position="bottom-end" width={240} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="default"
          radius="xl"
          leftSection={<IconUsers size={15} stroke={1.8} />}
          aria-label={`${people.length} here: ${names.join(', ')}`}
        >
          {people.length.toLocaleString()} here
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <ScrollArea.Autosize mah={320} type="auto" viewportProps={{ tabIndex: 0 }}>
          <Stack gap={8} component="ul" p={4} m={0} style={{ listStyle: 'none' }}>
            {people.map(({ userId, username }) => (
              <Group key={userId} component="li" gap="xs" wrap="nowrap">
                <Avatar size={26} radius="xl" name={username} color="initials" alt="" />
                <Text size="sm" truncate dir="auto" title={username}>
                  {username}
                </Text>
              </Group>
            ))}
            {people.length === 0 && (
              <Text size="sm" c="dimmed" component="li">
                Nobody is here.
              </Text>
            )}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
