import { ActionIcon, Alert, Box, Button, Card, Group, Stack, Text } from '@mantine/core';
import { IconArrowLeft, IconMoodEmpty, IconUsers } from '@tabler/icons-react';
import type { AgentSession, SessionMessage } from '@quintet/client/sessions';
import { useAgentSession } from '@quintet/react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Composer } from '../../parts/composer.js';
import { ConnectionBadge } from '../../parts/connection.js';
import { tell } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { MessageList } from '../../parts/message-list.js';
import { Notice } from '../../parts/notice.js';
import { useOlder } from '../../parts/older.js';
import { Prose } from '../../parts/prose.js';
import { Said, isNear } from '../../parts/said.js';
import { nameOf } from './agents.js';
import { Answer, Coming, Doing, Robot } from './coming.js';
import { Welcome } from './welcome.js';

/** Lines of a talk are no longer than can be read. */
const WIDTH = 860;

/** One session with an agent. */
export function AgentRoom({ sessionId }: { readonly sessionId: string }): ReactNode {
  const { session, client, connection } = useAgentSession(sessionId);
  const readOlder = useOlder(client, session.hasOlder);
  if (session.notice?.code === 'SESSION_NOT_FOUND') return <Gone />;
  const title = session.session?.title ?? 'Session';
  const send = async (text: string) => {
    await client.sendMessage(text).catch((error: unknown) => {
      tell(error);
      throw error;
    });
  };
  return (
    <Stack className="whole" gap={0}>
      <Heading title={title} before={<Back />}>
        <People count={session.connectedUsers} />
        <ConnectionBadge state={connection} />
      </Heading>
      <Card withBorder p="sm" style={{ flex: 1, minHeight: 0 }}>
        <Stack h="100%" gap="xs">
          <Talk
            session={session}
            title={title}
            onNearStart={readOlder}
            onStop={() => client.cancel()}
            onSay={(text) => void send(text).catch(() => {})}
          />
          <Box w="100%" maw={WIDTH} mx="auto">
            <Told session={session} />
            <Doing session={session} />
            <Composer
              label="Say something"
              onSend={send}
              onTyping={(is) => is && client.setTyping()}
            />
          </Box>
        </Stack>
      </Card>
    </Stack>
  );
}

function Talk({
  session,
  title,
  onNearStart,
  onStop,
  onSay,
}: {
  readonly session: AgentSession;
  readonly title: string;
  readonly onNearStart: () => void;
  readonly onStop: () => void;
  readonly onSay: (text: string) => void;
}): ReactNode {
  const { messages, sending, answering } = session;
  const isEmpty = messages.length + sending.length === 0 && answering === undefined;
  if (isEmpty && session.session !== undefined) {
    return (
      <Box style={{ flex: 1, minHeight: 0, overflowY: 'auto' }}>
        <Welcome type={session.session.type} onSay={onSay} />
      </Box>
    );
  }
  return (
    <MessageList
      label={`Messages of ${title}`}
      messages={messages}
      revision={session.revision}
      draw={draw}
      onNearStart={onNearStart}
      footer={
        <Box maw={WIDTH} mx="auto">
          <Coming session={session} onStop={onStop} />
        </Box>
      }
      footerRevision={draftLength(session)}
    />
  );
}

const draw = (message: SessionMessage, before: SessionMessage | undefined): ReactNode => (
  <Box maw={WIDTH} mx="auto">
    <Message message={message} before={before} />
  </Box>
);

/** A draft that grows is scrolled along with. */
const draftLength = ({ answering, sending }: AgentSession): number =>
  (answering === undefined ? 0 : answering.draft.length + 1) + sending.length / 1000;

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

/** How many look at it, where it is more than oneself. */
function People({ count }: { readonly count: number }): ReactNode {
  if (count < 2) return null;
  return (
    <Group gap={4} c="dimmed">
      <IconUsers size={16} stroke={1.8} aria-hidden />
      <Text size="sm">{count.toLocaleString()} people here</Text>
    </Group>
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
      name={isAgent ? nameOf(message.agent_id) : (message.username ?? message.user_id ?? '')}
      at={message.created_at}
      isTogether={isTogether}
      avatar={isAgent ? <Robot /> : undefined}
    >
      {isAgent ? <Answer text={message.content} /> : <Prose text={message.content} />}
    </Said>
  );
}

/** A session that is not there, or not for this person. */
function Gone(): ReactNode {
  return (
    <>
      <Heading title="Session" before={<Back />} />
      <Notice
        icon={IconMoodEmpty}
        title="There is no such session"
        action={
          <Button component={Link} href="/agents" mt="xs">
            All sessions
          </Button>
        }
      >
        It may be somebody else’s who has not let you in, or the address is mistyped.
      </Notice>
    </>
  );
}

/** What the server last said of the session. */
function Told({ session: { notice } }: { readonly session: AgentSession }): ReactNode {
  if (notice === undefined) return null;
  const isFault = notice.code === notice.code.toUpperCase();
  return (
    <Alert color={isFault ? 'red' : 'gray'} p="xs" mb="xs" role="status">
      {notice.message}
    </Alert>
  );
}
