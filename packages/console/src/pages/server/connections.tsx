import { Card, Group, Select, Skeleton, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import type { Page } from '@quintet/client/api';
import { useApi } from '@quintet/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Confirm } from '../../parts/confirm.js';
import { Fault } from '../../parts/fault.js';
import { type Listed, Rows, nameOf } from './rows.js';
import { EVERY } from './stats.js';

/** Connections shown; who looks for another one asks for its user or room. */
const SHOWN = 50;
/** After the last key: milliseconds. */
const SETTLED_AFTER = 300;

/** The open connections, those of one user, application or room, and a way to end one. */
export function Connections({
  applications,
}: {
  readonly applications: readonly string[];
}): ReactNode {
  const [userId, setUserId] = useState('');
  const [room, setRoom] = useState('');
  const [application, setApplication] = useState<string | null>(null);
  const [ending, setEnding] = useState<Listed>();
  const [wanted] = useDebouncedValue({ userId, room, application }, SETTLED_AFTER);
  const found = useConnections(wanted);
  const items = newestFirst(found.data?.items ?? []);
  return (
    <Card withBorder component="section" aria-label="Connections">
      <Text fw={650} component="h3" m={0}>
        Connections
      </Text>
      <Group gap="sm" my="sm" role="search" aria-label="Which connections">
        <TextInput
          label="User"
          placeholder="an id, such as ann"
          style={{ flex: '1 1 130px', maxWidth: 200 }}
          value={userId}
          onChange={(event) => setUserId(event.currentTarget.value)}
        />
        <Select
          label="Application"
          placeholder="any"
          style={{ flex: '1 1 130px', maxWidth: 200 }}
          clearable
          data={[...applications]}
          value={application}
          onChange={setApplication}
        />
        <TextInput
          label="Room"
          placeholder="such as chat:math"
          style={{ flex: '1 1 130px', maxWidth: 200 }}
          value={room}
          onChange={(event) => setRoom(event.currentTarget.value)}
        />
      </Group>
      {/* That what is shown is old is said above. */}
      {found.data === undefined && <Fault error={found.error} />}
      {found.isPending && <Skeleton height={200} aria-label="Loading" />}
      {items.length > 0 && <Rows items={items} onEnd={setEnding} />}
      {found.data !== undefined && (
        <Text size="sm" c="dimmed" mt="xs">
          {said(items.length, found.data.nextCursor !== null)}
        </Text>
      )}
      <Confirmation connection={ending} onClose={() => setEnding(undefined)} />
    </Card>
  );
}

/** In an order that stays while somebody looks: whoever comes is on top. */
function newestFirst(items: readonly Listed[]): readonly Listed[] {
  return [...items].sort(
    (a, b) =>
      b.connectedAt.localeCompare(a.connectedAt) || a.connectionId.localeCompare(b.connectionId),
  );
}

function said(count: number, hasMore: boolean): string {
  if (hasMore) return `The first ${count}; ask for a user or a room to see others.`;
  return count === 0 ? 'Nobody is connected who meets this.' : `${count} in all.`;
}

function useConnections(wanted: {
  readonly userId: string;
  readonly room: string;
  readonly application: string | null;
}) {
  const api = useApi();
  return useQuery({
    queryKey: ['connections', wanted],
    queryFn: () =>
      api.get<Page<Listed>>('/api/connections', {
        userId: wanted.userId.trim() || undefined,
        room: wanted.room.trim() || undefined,
        application: wanted.application ?? undefined,
        limit: SHOWN,
      }),
    refetchInterval: EVERY,
    placeholderData: (before) => before,
  });
}

/** Asks before a connection is ended. */
function Confirmation({
  connection,
  onClose,
}: {
  readonly connection: Listed | undefined;
  readonly onClose: () => void;
}): ReactNode {
  const api = useApi();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: ({ connectionId }: Listed) =>
      api.send('DELETE', `/api/connections/${encodeURIComponent(connectionId)}`),
    onSuccess: (_, ended) => {
      notifications.show({ color: 'teal', message: `${nameOf(ended)} was disconnected.` });
      void queries.invalidateQueries({ queryKey: ['connections'] });
      onClose();
    },
  });
  return (
    <Confirm
      isAsked={connection !== undefined}
      title="Disconnect?"
      act={end}
      keep="Keep it"
      go="Disconnect"
      onClose={onClose}
      onGo={() => connection && end.mutate(connection)}
    >
      {connection && (
        <>
          The connection of <b>{nameOf(connection)}</b> to {connection.application} ends. A page
          that is open may connect anew by itself; to keep somebody out, revoke their tokens.
        </>
      )}
    </Confirm>
  );
}
