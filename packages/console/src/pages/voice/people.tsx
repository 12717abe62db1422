import { Avatar, Button, CopyButton, Group, Text } from '@mantine/core';
import { IconCheck, IconLink } from '@tabler/icons-react';
import type { VoiceSession } from '@quintet/client/voice';
import type { ReactNode } from 'react';

/** Who is in the session, and how to get somebody in. */
export function People({
  session: { people, unnamed },
  own,
  nameOf,
}: {
  readonly session: VoiceSession;
  /** One's own name. */
  readonly own: string;
  /** What somebody is called, by their id. */
  readonly nameOf: (userId: string) => string;
}): ReactNode {
  const others = [...people.keys()];
  return (
    <Group justify="space-between" gap="sm">
      <Group gap="md" aria-label="Who is here" role="status">
        <Person name={own} isOwn />
        {others.map((userId) => (
          <Person key={userId} name={nameOf(userId)} />
        ))}
        {others.length === 0 && (
          <Text size="sm" c="dimmed">
            {unnamed === 0
              ? 'Nobody else yet.'
              : `${unnamed} here already: you see who once they speak.`}
          </Text>
        )}
      </Group>
      {others.length + unnamed === 0 && <Invitation />}
    </Group>
  );
}

function Person({
  name,
  isOwn = false,
}: {
  readonly name: string;
  readonly isOwn?: boolean;
}): ReactNode {
  return (
    <Group gap={8} wrap="nowrap" style={{ minWidth: 0 }}>
      <Avatar size={28} radius="xl" name={name} color="initials" alt="" />
      <Text size="sm" fw={500} truncate maw={180} dir="auto">
        {name}
      </Text>
      {isOwn && (
        <Text size="sm" c="dimmed">
          (you)
        </Text>
      )}
    </Group>
  );
}

function Invitation(): ReactNode {
  return (
    <CopyButton value={location.href}>
      {({ copied, copy }) => (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={copied ? <IconCheck size={14} /> : <IconLink size={14} />}
          onClick={copy}
        >
          {copied ? 'Copied' : 'Copy the link for somebody'}
        </Button>
      )}
    </CopyButton>
  );
}
