import type { Api, Page } from './api.js';
import type { Elapsed } from './analysis.js';
import type { AnswerEvaluated, InterviewComplete } from './messages/analysis.js';

/** What an answer was worth. */
export type Evaluation = AnswerEvaluated['payload']['evaluation'];

/** How an interview went. */
export type Summary = InterviewComplete['payload']['summary'];

/** What is told of every interview. */
interface Sitting {
  readonly sessionId: string;
  readonly analysisId: string;
  readonly sessionType: 'live' | 'practice';
  readonly status: 'active' | 'paused' | 'complete';
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601, once it is complete. */
  readonly endedAt?: string;
  /** Of the main question, from 0. */
  readonly currentQuestionIndex: number;
  readonly totalQuestions: number;
}

/** An interview of a list. */
export interface ListedInterview extends Sitting {
  /** Main questions. */
  readonly questionsAnswered: number;
  /** Of 100, once it is complete. */
  readonly overallScore?: number;
}

/** A question as a transcript has it. */
export interface ShownQuestion {
  readonly questionId: string;
  readonly question: string;
  readonly category: string;
  readonly difficulty: string;
  readonly fileReferences: readonly string[];
  readonly questionType?: 'clarifying' | 'deeper_technical';
  readonly relatedToQuestionId?: string;
}

/** A question with its answer. */
export interface Exchange extends ShownQuestion {
  /** Of the main question, from 1. */
  readonly questionNumber: number;
  readonly answer: string;
  /** ISO 8601. */
  readonly answeredAt: string;
  /** Pauses left out. */
  readonly responseTimeMs: number;
  readonly evaluation: Evaluation;
}

/** An interview with what was said in it. */
export interface Transcript extends Sitting {
  readonly transcript: readonly Exchange[];
  /** What is to be answered, until it is complete. */
  readonly currentQuestion?: ShownQuestion;
  /** What that has taken, until the interview is complete. */
  readonly elapsed?: Elapsed;
  readonly summary?: Summary;
}

/** One's interviews, newest first: about one analysis, or about all. */
export function listInterviews(
  api: Api,
  query: { readonly analysisId?: string; readonly limit?: number; readonly cursor?: string } = {},
): Promise<Page<ListedInterview>> {
  return api.get('/api/interviews', query);
}

/** What was said in an interview so far, and what is to be answered. */
export async function readInterview(api: Api, sessionId: string): Promise<Transcript> {
  const path = `/api/interviews/${encodeURIComponent(sessionId)}`;
  const { elapsedTimeMs, ...read } = await api.get<Transcript & { elapsedTimeMs?: number }>(path);
  if (elapsedTimeMs === undefined) return read;
  return { ...read, elapsed: { milliseconds: elapsedTimeMs, asOf: Date.now() } };
}
