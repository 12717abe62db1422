import { ActionIcon, Avatar, Menu, Text } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type SignedIn, signOut } from '../sign-in-state.js';

/** Who is signed in, and the way out. */
export function Person({ who }: { readonly who: SignedIn }): ReactNode {
  const initials = initialsOf(who.name);
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          size="lg"
          radius="xl"
          // Whoever speaks to their computer says what they see.
          aria-label={`Signed in as ${who.name}, ${initials}`}
        >
          <Avatar size={30} radius="xl" name={who.name} color="initials" alt="">
            {initials}
          </Avatar>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate dir="auto">
            {who.name}
          </Text>
          {who.userId !== who.name && (
            <Text size="xs" truncate>
              {who.userId}
            </Text>
          )}
          {who.roles.length > 0 && <Text size="xs">{who.roles.join(', ')}</Text>}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Of the first two words, or the first two letters of the only one. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const [first = [], second] = words.map((word) => [...word]);
  const letters = second === undefined ? first.slice(0, 2) : [first[0], second[0]];
  return letters.join('').toUpperCase();
}
