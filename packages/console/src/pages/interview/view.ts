import type { Question } from '@quintet/client/analysis';
import type { AnswerEvaluated, InterviewComplete } from '@quintet/client/messages/analysis';

/** What an answer was worth. */
export type Evaluation = AnswerEvaluated['payload']['evaluation'];

/** How an interview went. */
export type Summary = InterviewComplete['payload']['summary'];

/** A question as the transcript has it. */
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
  /** Pauses left out; not known until the transcript is read. */
  readonly responseTimeMs?: number;
  readonly evaluation: Evaluation;
}

/** An interview as the server keeps it. */
export interface View {
  readonly sessionId: string;
  readonly analysisId: string;
  readonly sessionType: 'live' | 'practice';
  readonly status: 'active' | 'paused' | 'complete';
  /** Of the main question, from 0. */
  readonly currentQuestionIndex: number;
  readonly totalQuestions: number;
  readonly transcript: readonly Exchange[];
  readonly currentQuestion?: ShownQuestion;
  readonly summary?: Summary;
}

/** The question of a transcript as the connection would tell it. */
export function asked(shown: ShownQuestion): Question {
  const { relatedToQuestionId, questionType, ...question } = shown;
  return { ...question, relatedTo: relatedToQuestionId, followUp: questionType };
}

/** The other way round: what was asked, as a transcript will have it. */
export function shown(question: Question): ShownQuestion {
  const { relatedTo, followUp, category = '', difficulty = '', ...rest } = question;
  return {
    ...rest,
    category,
    difficulty,
    ...(relatedTo !== undefined && { relatedToQuestionId: relatedTo }),
    ...(followUp !== undefined && { questionType: followUp }),
  };
}

/** A time in words, as short as it can be. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}
