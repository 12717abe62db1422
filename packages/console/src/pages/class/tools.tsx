import { ActionIcon, Group, Menu, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconDots,
  IconEye,
  IconLock,
  IconLockOpen,
  IconPencil,
  IconX,
} from '@tabler/icons-react';
import type {
  CollaborationClient,
  DocumentState,
  Participant,
} from '@quintet/client/collaboration';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Confirm } from '../../parts/confirm.js';
import { tell } from '../../parts/fault.js';

/** A document, and the client that edits it. */
interface Edited {
  readonly document: DocumentState;
  readonly client: CollaborationClient;
}

/** What somebody may do to a document beside writing. */
export function Tools({ document, client }: Edited): ReactNode {
  const isCreator = document.creatorId === client.connection.userId;
  const mayWrite = document.role === 'participant' && !document.isLocked;
  return (
    <Group gap={2}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Undo"
        disabled={!document.canUndo || !mayWrite}
        bg="transparent"
        onClick={() => client.undo()}
      >
        <IconArrowBackUp size={18} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Redo"
        disabled={!document.canRedo || !mayWrite}
        bg="transparent"
        onClick={() => client.redo()}
      >
        <IconArrowForwardUp size={18} />
      </ActionIcon>
      {isCreator && <Rules document={document} client={client} />}
    </Group>
  );
}

/** What only whoever made the document may do. */
function Rules({ document, client }: Edited): ReactNode {
  const [isAsked, { open, close }] = useDisclosure();
  const { isLocked, participants, creatorId } = document;
  const others = participants.filter(({ userId }) => userId !== creatorId);
  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label="Rules of the document">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown mah="70vh" style={{ overflowY: 'auto' }}>
          <Menu.Item
            leftSection={isLocked ? <IconLockOpen size={16} /> : <IconLock size={16} />}
            onClick={() => void client.lock(!isLocked).catch(tell)}
          >
            {isLocked ? 'Open for edits' : 'Lock'}
          </Menu.Item>
          {others.map((person) => (
            <Turn key={person.userId} person={person} client={client} />
          ))}
          <Menu.Divider />
          <Menu.Item
            c="light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))"
            leftSection={<IconX size={16} />}
            onClick={open}
          >
            End for everybody…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <End isAsked={isAsked} onClose={close} client={client} />
    </>
  );
}

function Turn({
  person: { userId, username, role },
  client,
}: {
  readonly person: Participant;
  readonly client: CollaborationClient;
}): ReactNode {
  const isObserver = role === 'observer';
  return (
    <Menu.Item
      leftSection={isObserver ? <IconPencil size={16} /> : <IconEye size={16} />}
      onClick={() => void client.grant(userId, isObserver ? 'participant' : 'observer').catch(tell)}
    >
      <Text size="sm" truncate>
        {isObserver ? 'Let' : 'No longer let'} <bdi>{username}</bdi> edit
      </Text>
    </Menu.Item>
  );
}

/** Asks before a document ends, which is for good. */
function End({
  isAsked,
  onClose,
  client,
}: {
  readonly isAsked: boolean;
  readonly onClose: () => void;
  readonly client: CollaborationClient;
}): ReactNode {
  const end = useMutation({ mutationFn: () => client.closeSession(), onSuccess: onClose });
  return (
    <Confirm
      isAsked={isAsked}
      title={`End ${client.sessionId}?`}
      act={end}
      keep="Keep it open"
      go="End for everybody"
      onClose={onClose}
      onGo={() => end.mutate()}
    >
      Nobody can write in this document any more, and it cannot be opened again. What is written
      stays to be read.
    </Confirm>
  );
}
