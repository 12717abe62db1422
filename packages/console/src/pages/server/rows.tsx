import { Button, ScrollArea, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** An open connection, as it is listed. */
export interface Listed {
  readonly connectionId: string;
  readonly userId: string | null;
  readonly username: string | null;
  readonly application: string;
  readonly rooms: readonly string[];
  readonly connectedAt: string;
  readonly lastActiveAt: string;
  readonly sourceIp: string;
}

/** Names of rooms in one row. */
const ROOMS_SHOWN = 3;

/** What whoever has a connection is called. */
export const nameOf = ({ username, userId }: Listed): string =>
  username ?? userId ?? 'not signed in yet';

/** Connections, one in each row; on a small page where they are stands below who it is. */
export function Rows({
  items,
  onEnd,
}: {
  readonly items: readonly Listed[];
  readonly onEnd: (connection: Listed) => void;
}): ReactNode {
  return (
    <ScrollArea.Autosize
      mah={520}
      type="auto"
      viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Rows of connections' }}
    >
      <Table
        verticalSpacing={8}
        aria-label="Connections"
        className="rows"
        stickyHeader
        highlightOnHover
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">User</Table.Th>
            <Table.Th scope="col" visibleFrom="xs">
              Application
            </Table.Th>
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
    </ScrollArea.Autosize>
  );
}

function Row({
  connection,
  onEnd,
}: {
  readonly connection: Listed;
  readonly onEnd: (connection: Listed) => void;
}): ReactNode {
  const { userId, username, application, rooms, connectedAt, sourceIp } = connection;
  const more = rooms.length - ROOMS_SHOWN;
  const where = rooms.slice(0, ROOMS_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return (
    <Table.Tr>
      <Table.Td miw={120} style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" fw={500} dir="auto">
          {nameOf(connection)}
        </Text>
        {username !== null && userId !== null && username !== userId && (
          <Text size="xs" c="dimmed">
            {userId}
          </Text>
        )}
        <Text size="xs" c="dimmed" hiddenFrom="xs">
          {application}
        </Text>
        <Text size="xs" c="dimmed" hiddenFrom="md">
          {where}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="xs">{application}</Table.Td>
      <Table.Td visibleFrom="md" style={{ overflowWrap: 'anywhere' }}>
        {where}
      </Table.Td>
      <Table.Td visibleFrom="md" style={{ whiteSpace: 'nowrap' }}>
        <Since at={connectedAt} />
      </Table.Td>
      <Table.Td visibleFrom="md" style={{ whiteSpace: 'nowrap' }}>
        {sourceIp}
      </Table.Td>
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

/** A time of today, with its day where it is of another one. */
function Since({ at }: { readonly at: string }): ReactNode {
  const time = new Date(at);
  const isToday = time.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at}>
      {isToday
        ? time.toLocaleTimeString([], { timeStyle: 'medium' })
        : time.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}
    </time>
  );
}
