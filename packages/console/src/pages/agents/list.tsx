import {
  Badge,
  Button,
  Card,
  Center,
  Group,
  SegmentedControl,
  SimpleGrid,
  Skeleton,
  Text,
  Title,
} from '@mantine/core';
import { IconRobot } from '@tabler/icons-react';
import type { Page } from '@quintet/client/api';
import { useApi } from '@quintet/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Fault } from '../../parts/fault.js';
import { Notice } from '../../parts/notice.js';
import { AGENTS, agentOf } from './agents.js';

/** A session as the list has it. */
interface Listed {
  readonly id: string;
  readonly type: string;
  readonly title: string | null;
  readonly createdAt: string;
}

/** Sessions that are read at once. */
const PAGE = 60;

/** One's sessions, the newest first; all, or those with one agent. */
export function AgentSessions(): ReactNode {
  const sessions = useSessions();
  const [type, setType] = useState('all');
  const items = sessions.data?.pages.flatMap((page) => page.items) ?? [];
  const types = new Set(items.map((item) => agentOf(item.type).type));
  const shown = items.filter((item) => type === 'all' || agentOf(item.type).type === type);
  return (
    <section aria-label="Your sessions">
      <Fault error={sessions.error} onRetry={() => void sessions.refetch()} />
      {sessions.isPending && <Skeleton height={96} aria-label="Reading your sessions" />}
      {sessions.isSuccess && items.length === 0 && (
        <Notice icon={IconRobot} title="No session yet">
          Choose an agent above, and begin one: what you say to each other stays, and you can come
          back to it.
        </Notice>
      )}
      {items.length > 0 && (
        <Group justify="space-between" mb="sm" mih={36}>
          <Title order={3} size="h5">
            Your sessions
          </Title>
          {types.size > 1 && <Filter types={types} value={type} onChange={setType} />}
        </Group>
      )}
      <SimpleGrid
        cols={{ base: 1, sm: 2, lg: 3 }}
        component="ul"
        p={0}
        m={0}
        style={{ listStyle: 'none' }}
      >
        {shown.map((session) => (
          <Tile key={session.id} session={session} />
        ))}
      </SimpleGrid>
      {sessions.hasNextPage && (
        <Center mt="md">
          <Button
            variant="default"
            loading={sessions.isFetchingNextPage}
            onClick={() => void sessions.fetchNextPage()}
          >
            Earlier sessions
          </Button>
        </Center>
      )}
    </section>
  );
}

function useSessions() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['sessions'],
    queryFn: ({ pageParam }) =>
      api.get<Page<Listed>>('/api/sessions', { limit: PAGE, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
}

function Filter({
  types,
  value,
  onChange,
}: {
  readonly types: ReadonlySet<string>;
  readonly value: string;
  readonly onChange: (type: string) => void;
}): ReactNode {
  const of = AGENTS.filter(({ type }) => types.has(type));
  const data = [
    { value: 'all', label: 'All' },
    ...of.map(({ type, name }) => ({ value: type, label: name })),
  ];
  return (
    <SegmentedControl
      size="xs"
      aria-label="Sessions with"
      data={data}
      value={value}
      onChange={onChange}
    />
  );
}

function Tile({
  session: { id, type, title, createdAt },
}: {
  readonly session: Listed;
}): ReactNode {
  const { name, icon: Icon } = agentOf(type);
  return (
    <Card component="li" withBorder padding={0}>
      <Link href={`/agents/${encodeURIComponent(id)}`} className="tile">
        <Text fw={600} truncate dir="auto" title={title ?? undefined}>
          {title ?? 'Untitled'}
        </Text>
        <Group justify="space-between" wrap="nowrap" mt={6}>
          <Badge variant="light" leftSection={<Icon size={12} />} style={{ flexShrink: 0 }}>
            {name}
          </Badge>
          <Text size="xs" c="dimmed" component="time" dateTime={createdAt} truncate>
            {new Date(createdAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}
          </Text>
        </Group>
      </Link>
    </Card>
  );
}
