import type { Interview, Question } from '@quintet/client/analysis';
import { Refusal } from '@quintet/client';
import { useInterview } from '@quintet/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { tell } from '../../parts/fault.js';
import { forgetClock, useSeconds } from './clock.js';
import { useView } from './memory.js';
import { type Exchange, type View, asked, shown } from './view.js';

/** An interview by what was read of it and what was told since. */
export function useHeld(sessionId: string) {
  const { interview, client, connection } = useInterview();
  const view = useView(sessionId);
  const told = interview?.sessionId === sessionId ? interview : undefined;
  const isAbandoned = told === undefined && view.data?.status === 'active';
  useEffect(() => {
    // It runs, and no connection of this page hears its questions: a reload, or another page before.
    if (isAbandoned) client.resumeInterview(sessionId).catch(tell);
  }, [client, sessionId, isAbandoned]);
  return { view, client, connection, now: view.data && merged(view.data, told) };
}

/** Where an interview is. */
export interface Now {
  readonly status: View['status'];
  readonly question: Question | undefined;
  /** Of the main question, from 1. */
  readonly number: number;
  readonly total: number;
  readonly summary: View['summary'];
}

function merged(view: View, told: Interview | undefined): Now {
  const isOver = view.status === 'complete' || told?.status === 'complete';
  const isNumbered = told !== undefined && told.number > 0;
  const read = view.currentQuestion && asked(view.currentQuestion);
  return {
    status: isOver ? 'complete' : (told?.status ?? view.status),
    question: told?.question ?? read,
    number: isNumbered ? told.number : view.currentQuestionIndex + 1,
    total: isNumbered ? told.total : view.totalQuestions,
    summary: view.summary ?? told?.summary,
  };
}

/** Answers a question; what it was worth is in the transcript at once. */
export function useAnswer(sessionId: string, { question, number }: Now) {
  const { client } = useInterview();
  const queries = useQueryClient();
  const key = ['interview', sessionId];
  return useMutation({
    mutationFn: async ({ questionId, answer }: { questionId: string; answer: string }) =>
      client.submitAnswer(sessionId, questionId, answer),
    onSuccess: ({ evaluation, questionId }, { answer }) => {
      forgetClock(sessionId, questionId);
      if (question !== undefined) {
        const exchange = { ...shown(question), questionNumber: number, answer, evaluation };
        queries.setQueryData<View>(key, (view) => view && appended(view, exchange));
      }
      // The server knows how long it took.
      void queries.invalidateQueries({ queryKey: key });
    },
    onError: (error) => {
      // Another page answered it: what is asked now is asked here too.
      const isMismatch = error instanceof Refusal && error.code === 'QUESTION_MISMATCH';
      if (isMismatch) client.resumeInterview(sessionId).catch(tell);
      void queries.invalidateQueries({ queryKey: key });
    },
  });
}

function appended(view: View, exchange: Exchange): View {
  const isThere = view.transcript.some(({ questionId }) => questionId === exchange.questionId);
  return isThere ? view : { ...view, transcript: [...view.transcript, exchange] };
}

/** Pauses an interview, and lets it go on. */
export function useRest(sessionId: string) {
  const { client } = useInterview();
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: ['interview', sessionId] });
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

/** The clock of the question that is asked: it stands while the interview rests or an answer is judged. */
export function useClock(sessionId: string, now: Now, isJudged: boolean): number {
  const isRunning = now.status === 'active' && !isJudged && now.question !== undefined;
  return useSeconds(sessionId, now.question?.questionId ?? '', isRunning);
}
