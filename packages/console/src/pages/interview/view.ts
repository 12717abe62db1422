import type { Question } from '@quintet/client/analysis';
import type { Exchange, ShownQuestion } from '@quintet/client/interviews';

/** An answer that was just given: when it was and how long it took stand in the transcript once that is read. */
export type Given = Omit<Exchange, 'answeredAt' | 'responseTimeMs'> & Partial<Exchange>;

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
