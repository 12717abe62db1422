import './interview.css';
import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Card,
  Group,
  Progress,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { IconClock, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import type { Question } from '@quintet/client/analysis';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { CitedText, Cites } from '../../parts/cited.js';
import { Kind } from '../analyses/questions.js';
import { AnswerBox } from './answer-box.js';
import { clockFace } from './clock.js';
import { type Now, type View, type useAnswer, useClock, useRest } from './held.js';
import { anotherAbout } from './interviews.js';
import { showExchange } from './transcript.js';

/** What is asked now: how far the interview is, the clock, the question, and where to answer. */
export function Asking({
  view,
  now,
  answer,
}: {
  readonly view: View;
  readonly now: Now;
  readonly answer: ReturnType<typeof useAnswer>;
}): ReactNode {
  const { sessionId, analysisId } = view;
  const { pause, resume } = useRest(sessionId);
  const { question, status } = now;
  return (
    <>
      <Standing
        key={question?.questionId}
        now={now}
        last={view.transcript.at(-1)}
        isJudged={answer.isPending}
        onPause={() => pause.mutate()}
        isPausing={pause.isPending}
      />
      {status === 'paused' && (
        <Resting
          analysisId={analysisId}
          isResuming={resume.isPending}
          onResume={() => resume.mutate()}
        />
      )}
      {status === 'active' && question !== undefined && (
        <Card withBorder component="section" aria-label="The question" p={{ base: 'md', sm: 'lg' }}>
          <Posed key={`question ${question.questionId}`} question={question} />
          <AnswerBox
            key={question.questionId}
            sessionId={sessionId}
            questionId={question.questionId}
            answer={answer}
          />
        </Card>
      )}
    </>
  );
}

function Standing({
  now,
  last,
  isJudged,
  onPause,
  isPausing,
}: {
  readonly now: Now;
  /** What was answered before. */
  readonly last: View['transcript'][number] | undefined;
  readonly isJudged: boolean;
  readonly onPause: () => void;
  readonly isPausing: boolean;
}): ReactNode {
  const seconds = useClock(now, isJudged);
  const { number, total, status, question } = now;
  const isFollowUp = question?.followUp !== undefined;
  return (
    <Card withBorder className="course" py="xs">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text size="sm" fw={600}>
          Question {number} of {total}
          {isFollowUp && ', follow-up'}
        </Text>
        <Group gap="xs" wrap="nowrap">
          <Group gap={4} wrap="nowrap" {...(status === 'paused' && { c: 'dimmed' })}>
            <IconClock size={16} stroke={1.8} aria-hidden />
            <Text
              size="sm"
              fw={600}
              role="timer"
              aria-label={`Time for this question: ${clockFace(seconds)}`}
              style={{ fontVariantNumeric: 'tabular-nums' }}
            >
              {clockFace(seconds)}
            </Text>
          </Group>
          {status === 'active' && (
            <ActionIcon
              variant="default"
              aria-label="Pause the interview"
              loading={isPausing}
              disabled={isJudged}
              onClick={onPause}
            >
              <IconPlayerPause size={16} stroke={1.8} />
            </ActionIcon>
          )}
        </Group>
      </Group>
      <Progress
        mt="xs"
        size="sm"
        value={total === 0 ? 0 : ((number - 1) / total) * 100}
        aria-label={`${number - 1} of ${total} questions answered`}
        transitionDuration={300}
      />
      {last !== undefined && <Before last={last} />}
    </Card>
  );
}

/** What the answer before was worth, and the way to why: on a small page that stands far below. */
function Before({ last }: { readonly last: View['transcript'][number] }): ReactNode {
  const { questionId, questionNumber, evaluation } = last;
  return (
    <Group justify="space-between" gap="xs" mt={8}>
      <Text size="sm" c="dimmed">
        Question {questionNumber}:{' '}
        <Text span fw={600} c="var(--mantine-color-text)">
          {evaluation.score} of 100
        </Text>
      </Text>
      <Anchor component="button" type="button" size="sm" onClick={() => showExchange(questionId)}>
        Read why
      </Anchor>
    </Group>
  );
}

/** The question stays hidden meanwhile: the clock stands, and nobody is to think ahead. */
function Resting({
  analysisId,
  isResuming,
  onResume,
}: {
  readonly analysisId: string;
  readonly isResuming: boolean;
  readonly onResume: () => void;
}): ReactNode {
  return (
    <Card withBorder p="xl">
      <Stack align="center" gap="sm" ta="center">
        <Title order={3} size="h4">
          Paused
        </Title>
        <Text c="dimmed" maw={420}>
          The clock stands still. The question and what you have written come back when you go on.
        </Text>
        <Group justify="center">
          <Button
            data-autofocus
            autoFocus
            leftSection={<IconPlayerPlay size={16} />}
            loading={isResuming}
            onClick={onResume}
          >
            Go on
          </Button>
          <Button component={Link} href={anotherAbout(analysisId)} variant="default">
            Begin another
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

const FOLLOW_UP = {
  clarifying: 'Follow-up: to clarify your answer',
  deeper_technical: 'Follow-up: one level deeper',
} as const;

function Posed({ question }: { readonly question: Question }): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  // Who has answered goes on here; what the answer was worth stands below, and is read out.
  useEffect(() => {
    heading.current?.focus();
  }, []);
  const { followUp, category, difficulty, fileReferences } = question;
  return (
    <div>
      <Group gap="xs" mb="xs">
        {followUp !== undefined && (
          <Badge color="grape" variant="light" tt="none">
            {FOLLOW_UP[followUp]}
          </Badge>
        )}
        <Kind category={category} difficulty={difficulty} />
      </Group>
      <Title
        ref={heading}
        order={3}
        tabIndex={-1}
        className="posed"
        style={{ overflowWrap: 'anywhere' }}
      >
        <CitedText text={question.question} />
      </Title>
      <Cites references={fileReferences} />
    </div>
  );
}
