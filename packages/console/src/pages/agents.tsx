import {
  Badge,
  Button,
  Card,
  Group,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useApi } from '@quintet/react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Fault } from '../parts/fault.js';
import { Heading } from '../parts/heading.js';
import { AgentRoom } from './agents/room.js';

/** A session as the list has it. */
interface Listed {
  readonly id: string;
  readonly type: string;
  readonly title: string | null;
  readonly createdAt: string;
}

/** What the agents do, by the type of session that has them. */
const AGENTS = [
  { value: 'socratic', label: 'Socratic', does: 'Answers with questions that lead on.' },
  {
    value: 'code_review',
    label: 'Code review',
    does: 'Reviews the code in a message, line by line.',
  },
  {
    value: 'context',
    label: 'Context',
    does: 'Answers from the conversation and your instructions.',
  },
] as const;

/** Sessions with agents, and one of them where the address names it: `#/agents/ID`. */
export default function AgentsPage(): ReactNode {
  const [location] = useLocation();
  const sessionId = decodeURIComponent(location.split('/')[2] ?? '');
  return sessionId === '' ? <Sessions /> : <AgentRoom key={sessionId} sessionId={sessionId} />;
}

function Sessions(): ReactNode {
  const api = useApi();
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: () => api.get<{ items: Listed[] }>('/api/sessions'),
  });
  return (
    <>
      <Heading title="Agents" />
      <NewSession />
      <Fault error={sessions.error} />
      {sessions.isPending && <Skeleton height={96} />}
      <SimpleGrid
        cols={{ base: 1, sm: 2, lg: 3 }}
        component="ul"
        p={0}
        style={{ listStyle: 'none' }}
      >
        {sessions.data?.items.map((session) => (
          <Card key={session.id} component="li" withBorder padding={0}>
            <Link href={`/agents/${encodeURIComponent(session.id)}`} className="tile">
              <Group justify="space-between" wrap="nowrap">
                <Text fw={600} truncate>
                  {session.title ?? 'Untitled'}
                </Text>
                <Badge variant="light">{agentOf(session.type).label}</Badge>
              </Group>
              <Text size="sm" c="dimmed">
                {new Date(session.createdAt).toLocaleString([], {
                  dateStyle: 'medium',
                  timeStyle: 'short',
                })}
              </Text>
            </Link>
          </Card>
        ))}
      </SimpleGrid>
      {sessions.data?.items.length === 0 && (
        <Text c="dimmed">No session yet. Choose an agent above, and begin one.</Text>
      )}
    </>
  );
}

function agentOf(type: string): (typeof AGENTS)[number] {
  return AGENTS.find(({ value }) => value === type) ?? AGENTS[2];
}

function NewSession(): ReactNode {
  const api = useApi();
  const [, navigate] = useLocation();
  const [type, setType] = useState<string>('socratic');
  const [title, setTitle] = useState('');
  const make = useMutation({
    mutationFn: () => {
      const named = title.trim() === '' ? {} : { title: title.trim() };
      return api.send<Listed>('POST', '/api/sessions', { type, ...named });
    },
    onSuccess: ({ id }) => navigate(`/agents/${encodeURIComponent(id)}`),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Card withBorder mb="lg" component="form" onSubmit={submit}>
      <Stack gap="xs">
        <Group align="flex-end" gap="sm">
          <Select
            label="Agent"
            data={AGENTS.map(({ value, label }) => ({ value, label }))}
            value={type}
            allowDeselect={false}
            onChange={(value) => value !== null && setType(value)}
          />
          <TextInput
            label="Title"
            placeholder="What it is about"
            maxLength={200}
            style={{ flex: 1, minWidth: 180 }}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <Button type="submit" leftSection={<IconPlus size={16} />} loading={make.isPending}>
            Begin
          </Button>
        </Group>
        <Text size="sm" c="dimmed" role="status">
          {agentOf(type).does}
        </Text>
        <Fault error={make.error} />
      </Stack>
    </Card>
  );
}
