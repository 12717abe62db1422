import {
  Alert,
  Button,
  Card,
  Code,
  Group,
  Loader,
  Progress,
  SimpleGrid,
  Text,
  ThemeIcon,
} from '@mantine/core';
import { IconCheck, IconRefresh, IconX } from '@tabler/icons-react';
import type { Stage } from '@quintet/client/analysis';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Fault } from '../../parts/fault.js';
import { percent } from '../../parts/money.js';
import { estimateKey, useAnalyse } from './submit.js';
import { type Failure, STAGES, type Watched } from './watch.js';

interface Words {
  readonly name: string;
  readonly does: string;
  /** While it is written. */
  readonly coming: string;
  readonly failed: string;
}

const WORDS: Record<Stage, Words> = {
  project_review: {
    name: 'Review',
    does: 'How the code reads, with scores',
    coming: 'The repository is read, and its review written.',
    failed: 'The review could not be written',
  },
  intelligence_report: {
    name: 'Report',
    does: 'How it is built, and why',
    coming: 'The report is being written.',
    failed: 'The report could not be written',
  },
  interview_simulation: {
    name: 'Questions',
    does: 'What an interviewer would ask',
    coming: 'The questions are being written.',
    failed: 'The questions could not be written',
  },
};

/** The three stages while they come, or why they do not. */
export function Stages({
  analysisId,
  watched,
}: {
  readonly analysisId: string;
  readonly watched: Watched;
}): ReactNode {
  const { completedStages, progress, status } = watched;
  const words = useWords(analysisId, watched);
  return (
    <Card withBorder mb="lg" aria-busy={status === 'processing'}>
      <Group justify="space-between" mb={6} wrap="nowrap" align="flex-start">
        <Text size="sm" role="status">
          {words}
        </Text>
        {status !== 'failed' && (
          <Text size="sm" fw={600} style={{ flexShrink: 0, fontVariantNumeric: 'tabular-nums' }}>
            {percent(progress)}
          </Text>
        )}
      </Group>
      {status !== 'failed' && (
        <Progress
          value={progress}
          color={status === 'completed' ? 'teal' : 'indigo'}
          animated={status === 'processing'}
          aria-label="Progress of the analysis"
          transitionDuration={400}
        />
      )}
      <SimpleGrid
        component="ol"
        cols={{ base: 1, xs: 3 }}
        spacing="sm"
        p={0}
        mt="md"
        mb={0}
        style={{ listStyle: 'none' }}
      >
        {STAGES.map((stage, nth) => (
          <Step key={stage} stage={stage} look={lookOf(nth, completedStages.length, watched)} />
        ))}
      </SimpleGrid>
    </Card>
  );
}

function useWords(analysisId: string, watched: Watched): string {
  const { status, completedStages, queuePosition } = watched;
  const queries = useQueryClient();
  const seconds = queries.getQueryData<number>(estimateKey(analysisId));
  const estimate = seconds === undefined ? '' : ` The server expects about ${seconds} s in all.`;
  if (status === 'failed') return 'The analysis ended here.';
  if (status === 'completed') return 'All three stages are there.';
  if (status === 'initiated') {
    return queuePosition === undefined
      ? `It begins as soon as a worker is free.${estimate}`
      : `Number ${queuePosition} of those that wait.${estimate}`;
  }
  const stage = STAGES[completedStages.length];
  return stage === undefined ? 'Nearly there.' : WORDS[stage].coming + estimate;
}

type Look = 'there' | 'coming' | 'later' | 'failed';

function lookOf(nth: number, done: number, { status }: Watched): Look {
  if (nth < done) return 'there';
  if (nth > done || status === 'initiated') return 'later';
  return status === 'failed' ? 'failed' : 'coming';
}

const STATE: Record<Look, string> = {
  there: 'is there',
  coming: 'is being written',
  later: 'comes later',
  failed: 'failed',
};

function Step({ stage, look }: { readonly stage: Stage; readonly look: Look }): ReactNode {
  const { name, does } = WORDS[stage];
  return (
    <Group component="li" gap="sm" wrap="nowrap">
      <StepIcon look={look} number={STAGES.indexOf(stage) + 1} />
      <div>
        <Text size="sm" fw={600}>
          {name}
          <span className="hidden"> {STATE[look]}</span>
        </Text>
        <Text size="xs" c="dimmed">
          {does}
        </Text>
      </div>
    </Group>
  );
}

function StepIcon({ look, number }: { readonly look: Look; readonly number: number }): ReactNode {
  if (look === 'coming') return <Loader size={32} aria-hidden />;
  const color = look === 'there' ? 'teal' : look === 'failed' ? 'red' : 'gray';
  return (
    <ThemeIcon size={32} radius="xl" variant="light" color={color} aria-hidden>
      {look === 'there' && <IconCheck size={18} />}
      {look === 'failed' && <IconX size={18} />}
      {look === 'later' && number}
    </ThemeIcon>
  );
}

/** Why the analysis failed, in the server's words, and what can be done. */
export function Failed({
  failure,
  repositoryUrl,
}: {
  readonly failure: Failure;
  readonly repositoryUrl: string;
}): ReactNode {
  const analyse = useAnalyse();
  const { stage, code, message, isRetryable } = failure;
  return (
    <Alert color="red" role="alert" mb="lg" title={WORDS[stage].failed}>
      <Text size="sm">{message}</Text>
      <Group mt="sm" gap="sm">
        <Code>{code}</Code>
        {isRetryable && (
          <Button
            size="compact-sm"
            variant="light"
            color="red"
            leftSection={<IconRefresh size={14} />}
            loading={analyse.isPending}
            onClick={() => analyse.mutate(repositoryUrl)}
          >
            Analyse it anew
          </Button>
        )}
        {!isRetryable && <Text size="sm">Trying again would end the same way.</Text>}
      </Group>
      <Fault error={analyse.error} />
    </Alert>
  );
}
