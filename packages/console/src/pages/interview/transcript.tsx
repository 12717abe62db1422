import './interview.css';
import { Accordion, Badge, Group, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { CitedText, Cites } from '../../parts/cited.js';
import { ScoreRing } from '../../parts/score.js';
import { Kind } from '../analyses/questions.js';
import { Worth } from './worth.js';
import { type Given, duration } from './view.js';

/**
 * What was asked and answered. While the interview goes on the newest is first, next to the question, and its
 * evaluation unfolds when it comes; afterwards it reads from the beginning.
 */
export function Transcript({
  transcript,
  isOver = false,
}: {
  readonly transcript: readonly Given[];
  readonly isOver?: boolean;
}): ReactNode {
  const lastId = transcript.at(-1)?.questionId;
  const [open, setOpen] = useState<string[]>(lastId === undefined || isOver ? [] : [lastId]);
  const before = useRef(lastId);
  useEffect(() => {
    if (lastId === undefined || lastId === before.current) return;
    before.current = lastId;
    setOpen([lastId]);
  }, [lastId]);
  const last = transcript.at(-1);
  if (last === undefined) return null;
  return (
    <section aria-label="What was said so far">
      {isOver && (
        <Title order={3} size="h4" mb="sm">
          What was said
        </Title>
      )}
      <Text className="hidden" role="status">
        Your last answer: {last.evaluation.score} of 100. {last.evaluation.feedback}
      </Text>
      <Accordion multiple variant="separated" value={open} onChange={setOpen} order={4}>
        {(isOver ? transcript : [...transcript].reverse()).map((exchange) => (
          <Item key={exchange.questionId} exchange={exchange} />
        ))}
      </Accordion>
    </section>
  );
}

const idOf = (questionId: string): string => `exchange-${questionId}`;

/** Goes to a question that was answered, with the keyboard too. */
export function showExchange(questionId: string): void {
  const item = document.getElementById(idOf(questionId));
  item?.scrollIntoView({ block: 'start' });
  item?.querySelector('button')?.focus({ preventScroll: true });
}

function Item({ exchange }: { readonly exchange: Given }): ReactNode {
  const { questionId, questionNumber, question, questionType, evaluation } = exchange;
  return (
    <Accordion.Item value={questionId} id={idOf(questionId)} className="exchange">
      <Accordion.Control>
        <Group wrap="nowrap" gap="sm">
          <ScoreRing score={evaluation.score} label="Score" size={44} />
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={600}>
              Question {questionNumber}
              {questionType !== undefined && ', follow-up'}
            </Text>
            <Text size="sm" c="dimmed" truncate>
              {question.replaceAll('`', '')}
            </Text>
          </div>
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <Full exchange={exchange} />
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function Full({ exchange }: { readonly exchange: Given }): ReactNode {
  const { question, category, difficulty, fileReferences, answer, responseTimeMs } = exchange;
  return (
    <>
      <Text component="div" style={{ overflowWrap: 'anywhere' }}>
        <CitedText text={question} />
      </Text>
      <Cites references={fileReferences} />
      <Group gap="xs" mt="sm">
        <Kind category={category || undefined} difficulty={difficulty || undefined} />
        {responseTimeMs !== undefined && (
          <Badge variant="light" color="gray" tt="none">
            answered in {duration(responseTimeMs)}
          </Badge>
        )}
      </Group>
      <Text size="sm" fw={600} mt="md" mb={4}>
        You said
      </Text>
      <Text size="sm" className="said">
        {answer}
      </Text>
      <Worth evaluation={exchange.evaluation} />
    </>
  );
}
