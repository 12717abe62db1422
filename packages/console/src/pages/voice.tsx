import { Button, Card, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconDoorEnter } from '@tabler/icons-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { Heading } from '../parts/heading.js';
import { VoiceRoom } from './voice/room.js';

/** Voice sessions; the address names the one that is joined: `#/voice/ID`. */
export default function VoicePage(): ReactNode {
  const [location] = useLocation();
  const sessionId = decodeURIComponent(location.split('/')[2] ?? '');
  return sessionId === '' ? <Entrance /> : <VoiceRoom key={sessionId} sessionId={sessionId} />;
}

function Entrance(): ReactNode {
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') navigate(`/voice/${encodeURIComponent(name.trim())}`);
  };
  return (
    <>
      <Heading title="Voice" />
      <Card withBorder maw={520} component="form" onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">
            Two people talk; both see what is said as it is said, and whoever has to answer gets
            suggestions. Whoever comes first makes the session and owns it.
          </Text>
          <Group align="flex-end" gap="sm">
            <TextInput
              label="Session"
              placeholder="interview-ann"
              maxLength={256}
              required
              autoFocus
              style={{ flex: 1 }}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" leftSection={<IconDoorEnter size={16} />}>
              Join
            </Button>
          </Group>
        </Stack>
      </Card>
    </>
  );
}
