import { Refusal } from '@quintet/client';
import type { Elapsed, Interview, Question } from '@quintet/client/analysis';
import { type Transcript, readInterview } from '@quintet/client/interviews';
import { useApi, useInterview } from '@quintet/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { tell } from '../../parts/fault.js';
import { useSeconds } from './clock.js';
import { type Given, asked, shown } from './view.js';

/** An interview as it was read, with answers that were given since. */
export type View = Omit<Transcript, 'transcript'> & { readonly transcript: readonly Given[] };

const keyOf = (sessionId: string) => ['interview', sessionId];

/** An interview by what was read of it and what was told since. */
export function useHeld(sessionId: string) {
  const { interview, client, connection } = useInterview();
  const api = useApi();
  const view = useQuery({
    queryKey: keyOf(sessionId),
    queryFn: (): Promise<View> => readInterview(api, sessionId),
  });
  const told = interview?.sessionId === sessionId ? interview : undefined;
  const isAbandoned = told === undefined && view.data?.status === 'active';
  useEffect(() => {
    // It runs, and no connection of this page hears its questions: a reload, or another page before.
    if (isAbandoned) client.resumeInterview(sessionId).catch(tell);
  }, [client, sessionId, isAbandoned]);
  return { view, connection, now: view.data && merged(view.data, told) };
}

/** Where an interview is. */
export interface Now {
  readonly status: View['status'];
  readonly question: Question | undefined;
  /** What that has taken. */
  readonly elapsed: Elapsed;
  /** Of the main question, from 1. */
  readonly number: number;
  readonly total: number;
  readonly summary: View['summary'];
}

function merged(view: View, told: Interview | undefined): Now {
  const isOver = view.status === 'complete' || told?.status === 'complete';
  const isNumbered = told !== undefined && told.number > 0;
  const read = view.currentQuestion && asked(view.currentQuestion);
  const question = told?.question ?? read;
  const isRead = question?.questionId === read?.questionId;
  return {
    status: isOver ? 'complete' : (told?.status ?? view.status),
    question,
    elapsed: later(told?.elapsed, isRead ? view.elapsed : undefined),
    number: isNumbered ? told.number : view.currentQuestionIndex + 1,
    total: isNumbered ? told.total : view.totalQuestions,
    summary: view.summary ?? told?.summary,
  };
}

/** What was said last of the time; at its end an interview has none. */
function later(told: Elapsed | undefined, read: Elapsed | undefined): Elapsed {
  const none = { milliseconds: 0, asOf: 0 };
  const [one, other] = [told ?? none, read ?? none];
  return one.asOf < other.asOf ? other : one;
}

/** Answers a question; what it was worth is in the transcript at once. */
export function useAnswer(sessionId: string, { question, number }: Now) {
  const { client } = useInterview();
  const queries = useQueryClient();
  const queryKey = keyOf(sessionId);
  return useMutation({
    mutationFn: async ({ questionId, answer }: { questionId: string; answer: string }) =>
      client.submitAnswer(sessionId, questionId, answer),
    onSuccess: ({ evaluation, nextAction }, { answer }) => {
      if (question !== undefined) {
        const given = { ...shown(question), questionNumber: number, answer, evaluation };
        queries.setQueryData<View>(queryKey, (view) => view && appended(view, given));
      }
      // The server knows how long it took.
      void queries.invalidateQueries({ queryKey });
      if (nextAction === 'complete') void queries.invalidateQueries({ queryKey: ['interviews'] });
    },
    onError: (error) => {
      // Another page answered it: what is asked now is asked here too.
      const isMismatch = error instanceof Refusal && error.code === 'QUESTION_MISMATCH';
      if (isMismatch) client.resumeInterview(sessionId).catch(tell);
      void queries.invalidateQueries({ queryKey });
    },
  });
}

function appended(view: View, given: Given): View {
  const isThere = view.transcript.some(({ questionId }) => questionId === given.questionId);
  return isThere ? view : { ...view, transcript: [...view.transcript, given] };
}

/** Pauses an interview, and lets it go on. */
export function useRest(sessionId: string) {
  const { client } = useInterview();
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: keyOf(sessionId) });
  const pause = useMutation({
    mutationFn: () => client.pauseInterview(sessionId),
    onError: tell,
    onSettled,
  });
  const resume = useMutation({
    mutationFn: () => client.resumeInterview(sessionId),
    onError: tell,
    onSettled,
  });
  return { pause, resume };
}

/** The seconds of the question that is asked: they stand while the interview rests or an answer is judged. */
export function useClock({ status, elapsed }: Now, isJudged: boolean): number {
  return useSeconds(elapsed, isJudged ? 'stands' : status === 'active' ? 'runs' : 'rests');
}
