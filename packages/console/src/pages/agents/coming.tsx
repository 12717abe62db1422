import { Avatar, Button, Loader, Text } from '@mantine/core';
import { IconPlayerStop, IconRobot } from '@tabler/icons-react';
import type { AgentSession } from '@quintet/client/sessions';
import { type ReactNode, Suspense, lazy } from 'react';
import { Prose } from '../../parts/prose.js';
import { Said } from '../../parts/said.js';
import { nameOf } from './agents.js';

/** Without what reads Markdown, as after a change of the server, it stands as it was written. */
const Markdown = lazy(() => import('../../parts/markdown.js').catch(() => ({ default: Prose })));

/** Agents write Markdown; until what reads it is there, it stands as it was written. */
export function Answer({ text }: { readonly text: string }): ReactNode {
  return (
    <Suspense fallback={<Prose text={text} />}>
      <Markdown text={text} />
    </Suspense>
  );
}

/** The face of an agent. */
export function Robot(): ReactNode {
  return (
    <Avatar size={32} radius="xl" color="indigo" variant="filled" alt="">
      <IconRobot size={18} stroke={1.8} />
    </Avatar>
  );
}

/** What is on its way: one's own messages, and what the agent writes. */
export function Coming({
  session: { sending, answering },
  onStop,
}: {
  readonly session: AgentSession;
  readonly onStop: () => void;
}): ReactNode {
  return (
    // It grows word by word: it is read out once it is whole, as a message.
    <div aria-live="off">
      {sending.map(({ id, content }) => (
        <div key={id} style={{ opacity: 0.7, paddingInlineStart: 44, paddingTop: 6 }}>
          <Prose text={content} />
          <Text size="xs">Sending…</Text>
        </div>
      ))}
      {answering !== undefined && (
        <Said name={nameOf(answering.agentId)} avatar={<Robot />}>
          {answering.draft === '' ? (
            <Loader type="dots" size="sm" my={4} aria-label="Thinking" />
          ) : (
            <Answer text={answering.draft} />
          )}
          <Button
            mt={6}
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerStop size={14} />}
            onClick={onStop}
          >
            Stop
          </Button>
        </Said>
      )}
    </div>
  );
}

/** What a screen reader is told meanwhile, and what everybody is told of those who type. */
export function Doing({
  session: { answering, typing },
}: {
  readonly session: AgentSession;
}): ReactNode {
  return (
    <Text size="xs" c="dimmed" mih={18} role="status">
      {answering !== undefined && (
        <span className="hidden">{nameOf(answering.agentId)} is answering.</span>
      )}
      {typing.length > 0 && `${typing.join(', ')} typing…`}
    </Text>
  );
}
