import { Card, Center, Divider, Group, Loader, Stack, Text } from '@mantine/core';
import type { Chat, ChatMessage } from '@quintet/client/chat';
import { useChat, useStore } from '@quintet/react';
import { IconClock, IconMessages } from '@tabler/icons-react';
import { type ReactNode, useCallback } from 'react';
import { Composer } from '../../parts/composer.js';
import { ConnectionBadge } from '../../parts/connection.js';
import { tell } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { MessageList } from '../../parts/message-list.js';
import { Notice } from '../../parts/notice.js';
import { useOlder } from '../../parts/older.js';
import { Prose } from '../../parts/prose.js';
import { Said, isNear } from '../../parts/said.js';
import { dayOf, isSameDay, useNow } from '../../parts/when.js';
import { signedIn } from '../../sign-in-state.js';
import { People } from './people.js';

/** What is said in a context, and where something is said. */
export function Room({ contextId }: { readonly contextId: string }): ReactNode {
  const { chat, client, connection } = useChat(contextId);
  const readOlder = useOlder(client, chat.hasOlder);
  const send = (text: string) =>
    client.sendMessage(text).catch((error: unknown) => {
      tell(error);
      // The text comes back to where it was written.
      throw error;
    });
  return (
    <div className="chat-room">
      <Heading title={contextId}>
        <People people={chat.people} />
        <ConnectionBadge state={connection} />
      </Heading>
      <Card withBorder p="sm" style={{ flex: 1, minHeight: 0 }}>
        <Stack h="100%" gap="xs">
          <Messages contextId={contextId} chat={chat} onNearStart={readOlder} />
          <Text size="xs" c="dimmed" mih={18} role="status" dir="auto" truncate>
            {typing(chat)}
          </Text>
          <Composer
            label={`Say something in ${contextId}`}
            onSend={send}
            onTyping={(isTyping) => client.setTyping(isTyping)}
          />
        </Stack>
      </Card>
    </div>
  );
}

/** What was said, or that nothing was yet. */
function Messages({
  contextId,
  chat,
  onNearStart,
}: {
  readonly contextId: string;
  readonly chat: Chat;
  readonly onNearStart: () => void;
}): ReactNode {
  const me = useStore(signedIn)?.userId;
  const { hasOlder } = chat;
  const draw = useCallback(
    (message: ChatMessage, before: ChatMessage | undefined) => (
      <Message
        message={message}
        before={before}
        isMine={message.author === me}
        hasOlder={hasOlder}
      />
    ),
    [me, hasOlder],
  );
  if (chat.messages.length === 0 && chat.sending.length === 0) {
    return (
      <Center style={{ flex: 1 }}>
        {chat.isRead ? (
          <Notice icon={IconMessages} title="Nothing was said here yet">
            Whoever opens “{contextId}” reads what you say, also later.
          </Notice>
        ) : (
          <Loader type="dots" role="status" aria-label="Reading what was said" />
        )}
      </Center>
    );
  }
  return (
    <MessageList
      label={`Messages of ${contextId}`}
      messages={chat.messages}
      revision={chat.revision}
      draw={draw}
      onNearStart={onNearStart}
      footer={<Sending chat={chat} />}
      footerRevision={chat.sending.length}
    />
  );
}

function Message({
  message,
  before,
  isMine,
  hasOlder,
}: {
  readonly message: ChatMessage;
  readonly before: ChatMessage | undefined;
  readonly isMine: boolean;
  readonly hasOlder: boolean;
}): ReactNode {
  const { author, authorName, timestamp, content, messageType } = message;
  const isNewDay = before === undefined || !isSameDay(before.timestamp, timestamp);
  const isTogether = !isNewDay && before.author === author && isNear(before.timestamp, timestamp);
  return (
    <>
      {before === undefined && <Beginning hasOlder={hasOlder} />}
      {isNewDay && <Day at={timestamp} />}
      <Said name={authorName} at={timestamp} isTogether={isTogether} isMine={isMine}>
        <Prose text={messageType === 'code' ? `\`\`\`\n${content}` : content} />
      </Said>
    </>
  );
}

/** What stands before the first message that is there. */
function Beginning({ hasOlder }: { readonly hasOlder: boolean }): ReactNode {
  return (
    <Center h={32}>
      {hasOlder ? (
        <Loader type="dots" size="sm" aria-label="Reading what was said before" />
      ) : (
        <Text size="xs" c="dimmed">
          This is where it begins.
        </Text>
      )}
    </Center>
  );
}

/** The day of what follows. */
function Day({ at }: { readonly at: string }): ReactNode {
  return <Divider className="day" label={dayOf(at, useNow())} labelPosition="center" />;
}

/** What is on its way: it is shown at once, and stays if the connection breaks. */
function Sending({ chat }: { readonly chat: Chat }): ReactNode {
  return chat.sending.map(({ id, content }) => (
    <Group key={id} gap="sm" wrap="nowrap" align="flex-start" pt={2} pr="sm" c="dimmed">
      <Center w={32} h={22} style={{ flexShrink: 0 }}>
        <IconClock size={16} stroke={1.6} aria-label="On its way" role="img" />
      </Center>
      <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {content}
      </Text>
    </Group>
  ));
}

function typing({ typing: people }: Chat): string {
  const names = people.map(({ username }) => username);
  if (names.length === 0) return '';
  if (names.length > 3) return 'Several people are typing…';
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} typing…`;
}
