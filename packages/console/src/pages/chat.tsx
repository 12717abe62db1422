import { Badge, Button, Card, Group, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import type { Chat, ChatMessage } from '@quintet/client/chat';
import { useApi, useChat } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Composer } from '../parts/composer.js';
import { ConnectionBadge } from '../parts/connection.js';
import { tell } from '../parts/fault.js';
import { Heading } from '../parts/heading.js';
import { MessageList } from '../parts/message-list.js';
import { Prose } from '../parts/prose.js';
import { Said, isNear } from '../parts/said.js';

/** A context's chat, chosen by the address: `#/chat/math`. */
export default function ChatPage(): ReactNode {
  const [location, navigate] = useLocation();
  const contextId = decodeURIComponent(location.split('/')[2] ?? '') || 'default';
  return (
    <Stack className="whole" gap={0}>
      <Contexts
        current={contextId}
        onChoose={(id) => navigate(`/chat/${encodeURIComponent(id)}`)}
      />
      <Room key={contextId} contextId={contextId} />
    </Stack>
  );
}

/** The contexts that there are, and a way to begin another. */
function Contexts({
  current,
  onChoose,
}: {
  readonly current: string;
  readonly onChoose: (contextId: string) => void;
}): ReactNode {
  const api = useApi();
  const [name, setName] = useState('');
  const contexts = useQuery({
    queryKey: ['contexts'],
    queryFn: () => api.get<{ items: { contextId: string }[] }>('/api/contexts', { limit: 20 }),
  });
  const known = contexts.data?.items.map(({ contextId }) => contextId) ?? [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') onChoose(name.trim());
    setName('');
  };
  return (
    <Group gap={6} mb="xs" component="nav" aria-label="Contexts">
      {[...new Set([current, ...known])].map((contextId) => (
        <Button
          key={contextId}
          size="compact-sm"
          radius="xl"
          variant={contextId === current ? 'filled' : 'default'}
          aria-current={contextId === current ? 'true' : undefined}
          onClick={() => onChoose(contextId)}
        >
          {contextId}
        </Button>
      ))}
      <form onSubmit={submit}>
        <TextInput
          size="xs"
          w={140}
          aria-label="Another context"
          placeholder="Another…"
          maxLength={256}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </form>
    </Group>
  );
}

function Room({ contextId }: { readonly contextId: string }): ReactNode {
  const { chat, client, connection } = useChat(contextId);
  const isReading = useRef(false);
  const readOlder = () => {
    if (isReading.current || !chat.hasOlder) return;
    isReading.current = true;
    client
      .loadOlder()
      .catch(tell)
      .finally(() => {
        isReading.current = false;
      });
  };
  const send = (text: string) => void client.sendMessage(text).catch(tell);
  return (
    <>
      <Heading title={contextId}>
        <People chat={chat} />
        <ConnectionBadge state={connection} />
      </Heading>
      <Card withBorder p="sm" style={{ flex: 1, minHeight: 0 }}>
        <Stack h="100%" gap="xs">
          <MessageList
            label={`Messages of ${contextId}`}
            messages={chat.messages}
            revision={chat.revision}
            idOf={(message) => message.id}
            onNearStart={readOlder}
            footer={<Sending chat={chat} />}
          >
            {(message, before) => <Message message={message} before={before} />}
          </MessageList>
          <Text size="xs" c="dimmed" mih={18} role="status">
            {typing(chat)}
          </Text>
          <Composer
            label={`Say something in ${contextId}`}
            onSend={send}
            onTyping={(isTyping) => client.setTyping(isTyping)}
          />
        </Stack>
      </Card>
    </>
  );
}

function Message({
  message,
  before,
}: {
  readonly message: ChatMessage;
  readonly before: ChatMessage | undefined;
}): ReactNode {
  const { author, authorName, timestamp, content, messageType } = message;
  const isTogether = before?.author === author && isNear(before.timestamp, timestamp);
  return (
    <Said name={authorName} at={timestamp} isTogether={isTogether}>
      <Prose text={messageType === 'code' ? `\`\`\`\n${content}` : content} />
    </Said>
  );
}

/** What is on its way: it is shown at once, and stays if the connection breaks. */
function Sending({ chat }: { readonly chat: Chat }): ReactNode {
  return chat.sending.map(({ id, content }) => (
    <Text key={id} size="sm" c="dimmed" pl={44} pt={2} style={{ whiteSpace: 'pre-wrap' }}>
      {content}
    </Text>
  ));
}

function People({ chat }: { readonly chat: Chat }): ReactNode {
  const names = chat.people.map(({ username }) => username).join(', ');
  return (
    <Tooltip label={names || 'Nobody'} multiline maw={300}>
      <Badge variant="light" color="gray" tabIndex={0} aria-label={`Here: ${names}`}>
        {chat.people.length} here
      </Badge>
    </Tooltip>
  );
}

function typing({ typing: people }: Chat): string {
  const names = people.map(({ username }) => username);
  if (names.length === 0) return '';
  if (names.length > 3) return 'Several people are typing…';
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} typing…`;
}
