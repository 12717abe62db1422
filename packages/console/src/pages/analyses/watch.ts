import type { Stage } from '@quintet/client/analysis';
import { useAnalysis, useApi } from '@quintet/react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Analysis, Status } from './answers.js';

/** The stages, in the order in which they come. */
export const STAGES: readonly Stage[] = [
  'project_review',
  'intelligence_report',
  'interview_simulation',
];

/** How often the place in the queue is asked for, which is not told by itself: milliseconds. */
const QUEUE_EVERY = 2_000;

/** Why an analysis ended without all its stages. */
export interface Failure {
  readonly stage: Stage;
  readonly code: string;
  readonly message: string;
  readonly isRetryable: boolean;
}

/** How far an analysis is, by what was told and what was read: whichever is further. */
export interface Watched {
  readonly status: Status;
  readonly completedStages: readonly Stage[];
  /** Percent. */
  readonly progress: number;
  readonly failure?: Failure | undefined;
  /** From 1; of those that wait for a worker. */
  readonly queuePosition?: number | undefined;
}

/** How far one is that waits for a worker. */
interface Waiting {
  readonly status: Status;
  readonly queuePosition?: number;
}

const path = (analysisId: string) => `/api/analysis/${encodeURIComponent(analysisId)}`;

/** An analysis while it comes: each stage is read when it is told of. */
export function useWatched(analysisId: string) {
  const api = useApi();
  const queries = useQueryClient();
  const { progress: told, connection, error } = useAnalysis(analysisId);
  const read = useQuery({
    queryKey: ['analysis', analysisId],
    queryFn: () => api.get<Analysis>(path(analysisId)),
  });
  const watched = further(read.data, told);
  const isWaiting = watched?.status === 'initiated';
  const waiting = useQuery({
    queryKey: ['queue', analysisId],
    queryFn: () => api.get<Waiting>(`${path(analysisId)}/status`),
    enabled: isWaiting,
    refetchInterval: QUEUE_EVERY,
  });
  // That a worker has begun is not told either.
  const hasBegun = isWaiting && waiting.data !== undefined && waiting.data.status !== 'initiated';
  const isBehind = hasBegun || (read.data !== undefined && !isSame(read.data, watched));
  const stages = watched?.completedStages.length;
  useEffect(() => {
    if (!isBehind) return;
    void queries.invalidateQueries({ queryKey: ['analysis', analysisId] });
    void queries.invalidateQueries({ queryKey: ['analyses'] });
  }, [queries, analysisId, isBehind, stages]);
  const queuePosition = isWaiting ? waiting.data?.queuePosition : undefined;
  return {
    analysis: read.data,
    watched: watched && { ...watched, queuePosition },
    connection,
    error: read.error ?? error,
    retry: read.refetch,
  };
}

function isSame(read: Analysis, watched: Watched | undefined): boolean {
  const { status, completedStages } = read;
  return (
    watched === undefined ||
    (status === watched.status && completedStages.length === watched.completedStages.length)
  );
}

function further(read: Analysis | undefined, told: Watched | undefined): Watched | undefined {
  if (read === undefined) return undefined;
  const { status, completedStages } = read;
  const isOver = status === 'completed' || status === 'failed';
  const isTold =
    !isOver && told !== undefined && told.completedStages.length >= completedStages.length;
  if (isTold && !(told.status === 'initiated' && status === 'processing')) return told;
  const progress = Math.round((completedStages.length / STAGES.length) * 100);
  return { status, completedStages, progress, failure: failureOf(read) };
}

function failureOf({ status, completedStages, ...read }: Analysis): Failure | undefined {
  if (status !== 'failed') return undefined;
  return {
    stage: STAGES[completedStages.length] ?? 'interview_simulation',
    code: read.errorCode ?? 'INTERNAL_ERROR',
    message: read.errorMessage ?? 'The server does not say why',
    isRetryable: read.retryable ?? false,
  };
}
