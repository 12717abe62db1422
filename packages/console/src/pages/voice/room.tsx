import { ActionIcon, Alert, Badge, Card, Grid, Group, Stack, Text } from '@mantine/core';
import { IconArrowLeft, IconUser } from '@tabler/icons-react';
import type { VoiceSession } from '@quintet/client/voice';
import { useVoiceSession } from '@quintet/react/voice';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault, tell } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { Controls } from './controls.js';
import { Notes } from './notes.js';
import { Transcript } from './transcript.js';

/** One voice session: who is there, what is said, what could be answered. */
export function VoiceRoom({ sessionId }: { readonly sessionId: string }): ReactNode {
  const { session, error, client, connection } = useVoiceSession(sessionId);
  useEffect(() => client.onFault(tell), [client]);
  const isEnded = session.status === 'ended';
  return (
    <Stack gap="md">
      <Heading title={sessionId} before={<Back />}>
        {session.status !== undefined && <Badge variant="light">{session.status}</Badge>}
        <ConnectionBadge state={connection} />
      </Heading>
      <Fault error={error} />
      {isEnded && <Alert color="gray">The session has ended. Its transcript stays.</Alert>}
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            <Card withBorder>
              <Stack gap="sm">
                <People session={session} />
                <Controls
                  client={client}
                  session={session}
                  isOpen={connection.status === 'subscribed'}
                />
              </Stack>
            </Card>
            <Transcript session={session} own={client.userId} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <Suggestions session={session} />
            <Notes sessionId={sessionId} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function Back(): ReactNode {
  return (
    <ActionIcon component={Link} href="/voice" variant="subtle" color="gray" aria-label="Leave">
      <IconArrowLeft size={20} />
    </ActionIcon>
  );
}

function People({ session }: { readonly session: VoiceSession }): ReactNode {
  const others = [...session.people.values()];
  return (
    <Group gap="xs" aria-label="Who is here" role="status">
      <Badge variant="light" color="teal" leftSection={<IconUser size={12} />} tt="none">
        you
      </Badge>
      {others.map((name) => (
        <Badge
          key={name}
          variant="light"
          color="indigo"
          leftSection={<IconUser size={12} />}
          tt="none"
        >
          {name}
        </Badge>
      ))}
      {others.length === 0 && (
        <Text size="sm" c="dimmed">
          {session.unnamed === 0
            ? 'Nobody else yet: share the address of this page.'
            : `${session.unnamed} here already: you see who once they speak.`}
        </Text>
      )}
    </Group>
  );
}

function Suggestions({ session }: { readonly session: VoiceSession }): ReactNode {
  const { suggestions } = session;
  return (
    <Card withBorder aria-live="polite" component="section" aria-label="Suggestions">
      <Text fw={650} mb={4}>
        What you could answer
      </Text>
      {suggestions === undefined ? (
        <Text size="sm" c="dimmed">
          When somebody has asked something, outlines of an answer appear here, out of your notes.
        </Text>
      ) : (
        <Stack gap="sm">
          <Text size="sm" c="dimmed" fs="italic">
            “{suggestions.forText}”
          </Text>
          {suggestions.responses.map(({ text, tone }) => (
            <Card key={text} withBorder padding="sm" radius="md">
              {tone != null && (
                <Badge size="xs" variant="light" mb={4}>
                  {tone}
                </Badge>
              )}
              <Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>
                {text}
              </Text>
            </Card>
          ))}
        </Stack>
      )}
    </Card>
  );
}
