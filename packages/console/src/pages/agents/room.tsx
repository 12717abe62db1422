import {
  ActionIcon,
  Alert,
  Anchor,
  Avatar,
  Button,
  Card,
  Loader,
  Stack,
  Text,
} from '@mantine/core';
import { IconArrowLeft, IconPlayerStop, IconRobot } from '@tabler/icons-react';
import type { AgentSession, SessionMessage } from '@quintet/client/sessions';
import { useAgentSession } from '@quintet/react';
import { type ReactNode, Suspense, lazy } from 'react';
import { Link } from 'wouter';
import { Composer } from '../../parts/composer.js';
import { ConnectionBadge } from '../../parts/connection.js';
import { tell } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { MessageList } from '../../parts/message-list.js';
import { Prose } from '../../parts/prose.js';
import { Said, isNear } from '../../parts/said.js';

const Markdown = lazy(() => import('../../parts/markdown.js'));

/** One session with an agent. */
export function AgentRoom({ sessionId }: { readonly sessionId: string }): ReactNode {
  const { session, client, connection } = useAgentSession(sessionId);
  const title = session.session?.title ?? 'Session';
  const send = (text: string) => void client.sendMessage(text).catch(tell);
  return (
    <Stack className="whole" gap={0}>
      <Heading title={title} before={<Back />}>
        <Text size="sm" c="dimmed">
          {session.connectedUsers} here
        </Text>
        <ConnectionBadge state={connection} />
      </Heading>
      <Card withBorder p="sm" style={{ flex: 1, minHeight: 0 }}>
        <Stack h="100%" gap="xs">
          <MessageList
            label={`Messages of ${title}`}
            messages={session.messages}
            revision={session.revision + draftLength(session)}
            idOf={(message) => message.id}
            footer={<Coming session={session} onStop={() => client.cancel()} />}
          >
            {(message, before) => <Message message={message} before={before} />}
          </MessageList>
          <Notice session={session} />
          <Text size="xs" c="dimmed" mih={18} role="status">
            {session.typing.length > 0 && `${session.typing.join(', ')} typing…`}
          </Text>
          <Composer
            label="Say something"
            onSend={send}
            onTyping={(is) => is && client.setTyping()}
          />
        </Stack>
      </Card>
    </Stack>
  );
}

/** A draft that grows is scrolled along with. */
const draftLength = ({ answering, sending }: AgentSession): number =>
  (answering?.draft.length ?? 0) + sending.length / 1000;

function Back(): ReactNode {
  return (
    <ActionIcon
      component={Link}
      href="/agents"
      variant="subtle"
      color="gray"
      aria-label="All sessions"
    >
      <IconArrowLeft size={20} />
    </ActionIcon>
  );
}

function Message({
  message,
  before,
}: {
  readonly message: SessionMessage;
  readonly before: SessionMessage | undefined;
}): ReactNode {
  const isAgent = message.role === 'agent';
  const author = (said: SessionMessage) => said.agent_id ?? said.user_id;
  const isTogether =
    before !== undefined &&
    author(before) === author(message) &&
    isNear(before.created_at, message.created_at);
  return (
    <Said
      name={isAgent ? (message.agent_id ?? 'Agent') : (message.username ?? message.user_id ?? '')}
      at={message.created_at}
      isTogether={isTogether}
      avatar={isAgent && <Robot />}
    >
      {isAgent ? <Answer text={message.content} /> : <Prose text={message.content} />}
    </Said>
  );
}

/** Agents write Markdown; until what reads it is there, it stands as it was written. */
function Answer({ text }: { readonly text: string }): ReactNode {
  return (
    <Suspense fallback={<Prose text={text} />}>
      <Markdown text={text} />
    </Suspense>
  );
}

function Robot(): ReactNode {
  return (
    <Avatar size={32} radius="xl" color="indigo" variant="filled" alt="">
      <IconRobot size={18} stroke={1.8} />
    </Avatar>
  );
}

/** What is on its way: one's own messages, and what the agent writes. */
function Coming({
  session,
  onStop,
}: {
  readonly session: AgentSession;
  readonly onStop: () => void;
}): ReactNode {
  const { sending, answering } = session;
  return (
    <>
      {sending.map(({ id, content }) => (
        <Text key={id} size="sm" c="dimmed" pl={44} pt={6} style={{ whiteSpace: 'pre-wrap' }}>
          {content}
        </Text>
      ))}
      {answering !== undefined && (
        <Said name={answering.agentId} avatar={<Robot />}>
          {answering.draft === '' ? (
            <Loader type="dots" size="sm" />
          ) : (
            <Answer text={answering.draft} />
          )}
          <Button
            mt={6}
            size="compact-xs"
            variant="default"
            leftSection={<IconPlayerStop size={12} />}
            onClick={onStop}
          >
            Stop
          </Button>
        </Said>
      )}
    </>
  );
}

function Notice({ session }: { readonly session: AgentSession }): ReactNode {
  const { notice } = session;
  if (notice === undefined) return null;
  const isFault = notice.code === notice.code.toUpperCase();
  return (
    <Alert color={isFault ? 'red' : 'gray'} p="xs" role="status">
      {notice.message}
      {notice.code === 'SESSION_NOT_FOUND' && (
        <>
          {' '}
          <Anchor component={Link} href="/agents" size="sm">
            All sessions
          </Anchor>
        </>
      )}
    </Alert>
  );
}
