import { Button, Group, Text, Textarea } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, useId } from 'react';
import { Fault } from '../../parts/fault.js';
import type { useAnswer } from './held.js';
import { useDraft } from './draft.js';

/** Characters of an answer, as the server takes them. */
const ANSWER_MAX = 20_000;

/** Of shorter answers nobody needs to know how long they are. */
const COUNTED_FROM = 15_000;

const isMac = /^(Mac|iP)/.test(navigator.platform);

/** Where an answer is written; what is written stays over a reload. */
export function AnswerBox({
  sessionId,
  questionId,
  answer,
}: {
  readonly sessionId: string;
  readonly questionId: string;
  readonly answer: ReturnType<typeof useAnswer>;
}): ReactNode {
  const { draft, write, forget } = useDraft(sessionId, questionId);
  const hint = useId();
  const count = [...draft].length;
  const canSend = draft.trim() !== '' && count <= ANSWER_MAX && !answer.isPending;
  const send = () => {
    if (canSend) answer.mutate({ questionId, answer: draft }, { onSuccess: forget });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
  };
  const isOfThis = answer.variables?.questionId === questionId;
  return (
    <>
      <Textarea
        mt="md"
        label="Your answer"
        autosize
        minRows={6}
        maxRows={18}
        value={draft}
        readOnly={answer.isPending}
        aria-describedby={hint}
        error={count > ANSWER_MAX && 'This is too long for an answer'}
        onKeyDown={onKeyDown}
        onChange={(event) => write(event.currentTarget.value)}
      />
      <Group mt="sm" gap="sm">
        <Text size="xs" c="dimmed" id={hint}>
          {count > COUNTED_FROM &&
            `${count.toLocaleString()} of ${ANSWER_MAX.toLocaleString()} characters. `}
          <span className="keys">{isMac ? '⌘' : 'Ctrl'}+Enter sends.</span>
        </Text>
        <Button
          ml="auto"
          onClick={send}
          loading={answer.isPending}
          disabled={!canSend && !answer.isPending}
        >
          Answer
        </Button>
      </Group>
      {answer.isError && isOfThis && <Fault error={answer.error} />}
    </>
  );
}
