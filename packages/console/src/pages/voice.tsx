import { Box, Button, Card, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconBulb, IconDoorEnter, IconMicrophone, IconTextCaption } from '@tabler/icons-react';
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

const STEPS = [
  {
    icon: IconMicrophone,
    title: 'Talk',
    what: 'Two people join a session of one name, and hear each other.',
  },
  {
    icon: IconTextCaption,
    title: 'Read along',
    what: 'Who wants it has their words written down while they say them.',
  },
  {
    icon: IconBulb,
    title: 'Answer well',
    what: 'When a question was asked, outlines of an answer come out of your own notes.',
  },
] as const;

function Entrance(): ReactNode {
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') navigate(`/voice/${encodeURIComponent(name.trim())}`);
  };
  return (
    <Box>
      <Heading title="Voice" />
      <Card withBorder p={{ base: 'md', sm: 'lg' }} component="form" onSubmit={submit}>
        <Stack gap="lg">
          <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="lg">
            {STEPS.map(({ icon: Icon, title, what }) => (
              <Group key={title} wrap="nowrap" align="flex-start" gap="sm">
                <Icon size={24} stroke={1.6} style={{ flexShrink: 0 }} aria-hidden />
                <div>
                  <Text size="sm" fw={600}>
                    {title}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {what}
                  </Text>
                </div>
              </Group>
            ))}
          </SimpleGrid>
          <Group align="flex-end" gap="sm" maw={520}>
            <TextInput
              label="Session"
              description="Whoever comes first makes it, and may end it"
              placeholder="interview-ann"
              maxLength={256}
              required
              withAsterisk={false}
              autoFocus
              style={{ flex: '1 1 200px' }}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" leftSection={<IconDoorEnter size={16} />}>
              Join
            </Button>
          </Group>
        </Stack>
      </Card>
    </Box>
  );
}
