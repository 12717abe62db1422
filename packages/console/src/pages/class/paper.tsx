import { ActionIcon, Alert, Avatar, Badge, Card, Group, Menu, Text, Tooltip } from '@mantine/core';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconDots,
  IconLock,
  IconLockOpen,
} from '@tabler/icons-react';
import type {
  CollaborationClient,
  DocumentState,
  Participant,
} from '@quintet/client/collaboration';
import { useDocument } from '@quintet/react';
import type { ReactNode } from 'react';
import { ConnectionBadge } from '../../parts/connection.js';
import { tell } from '../../parts/fault.js';
import { colorOf } from './colors.js';
import { Editor } from './editor.js';

/** A document that several people write, with who is in it and who may what. */
export function Paper({
  contextId,
  documentId,
}: {
  readonly contextId: string;
  readonly documentId: string;
}): ReactNode {
  const { document, client, connection } = useDocument(documentId, { contextId });
  return (
    <Card withBorder component="section" aria-label={`Document ${documentId}`}>
      <Group justify="space-between" mb="xs" gap="xs">
        <Group gap="xs">
          <Text fw={650} style={{ overflowWrap: 'anywhere' }}>
            {documentId}
          </Text>
          {document.isLocked && <Badge color="orange">locked</Badge>}
          {document.role === 'observer' && <Badge color="gray">you only look</Badge>}
        </Group>
        <Group gap="xs">
          <People document={document} />
          <Tools document={document} client={client} />
          <ConnectionBadge state={connection} />
        </Group>
      </Group>
      {document.status === 'closed' ? (
        <Alert color="gray">This document has ended, or is not open to you.</Alert>
      ) : (
        <Editor document={document} client={client} />
      )}
      <Text size="xs" c="dimmed" mt={6} role="status">
        {document.pending === 0
          ? `Version ${document.version}, stored`
          : `${document.pending} of your edits are on their way`}
      </Text>
    </Card>
  );
}

function People({ document }: { readonly document: DocumentState }): ReactNode {
  return (
    <Avatar.Group>
      {document.participants.map(({ userId, username, role }) => (
        <Tooltip key={userId} label={`${username}${role === 'observer' ? ' looks' : ''}`}>
          <Avatar
            size={28}
            radius="xl"
            name={username}
            alt={username}
            styles={{ placeholder: { background: colorOf(userId), color: '#fff' } }}
          />
        </Tooltip>
      ))}
    </Avatar.Group>
  );
}

function Tools({
  document,
  client,
}: {
  readonly document: DocumentState;
  readonly client: CollaborationClient;
}): ReactNode {
  const isCreator = document.creatorId === client.connection.userId;
  return (
    <Group gap={4}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Undo"
        disabled={!document.canUndo}
        onClick={() => client.undo()}
      >
        <IconArrowBackUp size={18} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Redo"
        disabled={!document.canRedo}
        onClick={() => client.redo()}
      >
        <IconArrowForwardUp size={18} />
      </ActionIcon>
      {isCreator && <Rules document={document} client={client} />}
    </Group>
  );
}

/** What only whoever made the document may do. */
function Rules({
  document,
  client,
}: {
  readonly document: DocumentState;
  readonly client: CollaborationClient;
}): ReactNode {
  const { isLocked, participants, creatorId } = document;
  const others = participants.filter(({ userId }) => userId !== creatorId);
  const turn = ({ userId, role }: Participant) =>
    void client.grant(userId, role === 'observer' ? 'participant' : 'observer').catch(tell);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Rules of the document">
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={isLocked ? <IconLockOpen size={16} /> : <IconLock size={16} />}
          onClick={() => void client.lock(!isLocked).catch(tell)}
        >
          {isLocked ? 'Open for edits' : 'Lock'}
        </Menu.Item>
        {others.map((person) => (
          <Menu.Item key={person.userId} onClick={() => turn(person)}>
            {person.role === 'observer' ? 'Let' : 'No longer let'} {person.username} edit
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item color="red" onClick={() => void client.closeSession().catch(tell)}>
          End for everybody
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
