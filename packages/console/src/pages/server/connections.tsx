import {
  Button,
  Card,
  Group,
  Modal,
  Select,
  Skeleton,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import type { Page } from '@quintet/client/api';
import { useApi } from '@quintet/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Fault } from '../../parts/fault.js';
import { EVERY } from './stats.js';

/** An open connection, as it is listed. */
interface Listed {
  readonly connectionId: string;
  readonly userId: string | null;
  readonly username: string | null;
  readonly application: string;
  readonly rooms: readonly string[];
  readonly connectedAt: string;
  readonly lastActiveAt: string;
  readonly sourceIp: string;
}

/** Connections shown; who looks for another one asks for its user or room. */
const SHOWN = 50;
/** Names of rooms in one row. */
const ROOMS_SHOWN = 3;
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
  const items = found.data?.items ?? [];
  return (
    <Card withBorder component="section" aria-label="Connections">
      <Text fw={650} component="h3" m={0}>
        Connections
      </Text>
      <Group gap="sm" my="sm" role="search" aria-label="Which connections">
        <TextInput
          label="User"
          placeholder="anybody"
          w={150}
          value={userId}
          onChange={(event) => setUserId(event.currentTarget.value)}
        />
        <Select
          label="Application"
          placeholder="any"
          w={150}
          clearable
          data={[...applications]}
          value={application}
          onChange={setApplication}
        />
        <TextInput
          label="Room"
          placeholder="any"
          w={150}
          value={room}
          onChange={(event) => setRoom(event.currentTarget.value)}
        />
      </Group>
      <Fault error={found.error} />
      {found.isPending && <Skeleton height={120} aria-label="Loading" />}
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

function Rows({
  items,
  onEnd,
}: {
  readonly items: readonly Listed[];
  readonly onEnd: (connection: Listed) => void;
}): ReactNode {
  return (
    <Table.ScrollContainer minWidth={300}>
      <Table verticalSpacing="xs" aria-label="Connections">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">User</Table.Th>
            <Table.Th scope="col">Application</Table.Th>
            <Table.Th scope="col" visibleFrom="md">
              Rooms
            </Table.Th>
            <Table.Th scope="col" visibleFrom="md">
              Since
            </Table.Th>
            <Table.Th scope="col" visibleFrom="md">
              From
            </Table.Th>
            <Table.Th scope="col">
              <span className="hidden">End</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((connection) => (
            <Row key={connection.connectionId} connection={connection} onEnd={onEnd} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({
  connection,
  onEnd,
}: {
  readonly connection: Listed;
  readonly onEnd: (connection: Listed) => void;
}): ReactNode {
  const { application, rooms, connectedAt, sourceIp } = connection;
  const more = rooms.length - ROOMS_SHOWN;
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{nameOf(connection)}</Table.Td>
      <Table.Td>{application}</Table.Td>
      <Table.Td visibleFrom="md" style={{ overflowWrap: 'anywhere' }}>
        {rooms.slice(0, ROOMS_SHOWN).join(', ')}
        {more > 0 && ` and ${more} more`}
      </Table.Td>
      <Table.Td visibleFrom="md">
        <time dateTime={connectedAt}>
          {new Date(connectedAt).toLocaleTimeString([], { timeStyle: 'medium' })}
        </time>
      </Table.Td>
      <Table.Td visibleFrom="md">{sourceIp}</Table.Td>
      <Table.Td ta="right">
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`Disconnect ${nameOf(connection)} from ${application}`}
          onClick={() => onEnd(connection)}
        >
          Disconnect
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

const nameOf = ({ username, userId }: Listed): string => username ?? userId ?? 'not signed in yet';

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
  const close = () => {
    end.reset();
    onClose();
  };
  return (
    <Modal
      opened={connection !== undefined}
      onClose={close}
      title="Disconnect?"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {connection !== undefined && (
        <Stack gap="md">
          <Text size="sm">
            The connection of {nameOf(connection)} to {connection.application} ends. A page that is
            open may connect anew by itself; to keep somebody out, revoke their tokens.
          </Text>
          <Fault error={end.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Keep it
            </Button>
            <Button color="red" loading={end.isPending} onClick={() => end.mutate(connection)}>
              Disconnect
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
