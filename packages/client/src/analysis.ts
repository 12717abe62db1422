import { Api } from './api.js';
import { Client, ONCE } from './client.js';
import type { Options, RequestOptions } from './connection.js';
import { Counts } from './counts.js';
import type { Dialect } from './dialect.js';
import { Refusal } from './fault.js';
import { readInterview } from './interviews.js';
import type {
  AnswerEvaluated,
  FollowUpQuestion,
  InterviewComplete,
  InterviewResumed,
  InterviewStarted,
  NextQuestion,
  SubscriptionConfirmed,
  ToClient,
  ToServer,
} from './messages/analysis.js';
import { Store } from './store.js';

/** How an interview went. */
export type Summary = InterviewComplete['payload']['summary'];

/** A stage of an analysis. */
export type Stage = 'project_review' | 'intelligence_report' | 'interview_simulation';

/** How far an analysis has come. */
export interface Progress {
  readonly analysisId: string;
  readonly status: 'initiated' | 'processing' | 'completed' | 'failed';
  readonly completedStages: readonly Stage[];
  /** Percent. */
  readonly progress: number;
  readonly failure?: {
    readonly stage: Stage;
    readonly code: string;
    readonly message: string;
    readonly isRetryable: boolean;
  };
}

/** A question of an interview. */
export interface Question {
  readonly questionId: string;
  readonly question: string;
  /** Of a follow-up: the question it is about. Category, difficulty and files are that question's. */
  readonly relatedTo?: string | undefined;
  /** Of a follow-up: what it is for. */
  readonly followUp?: FollowUpQuestion['payload']['questionType'] | undefined;
  readonly category?: string | undefined;
  readonly difficulty?: string | undefined;
  readonly fileReferences: readonly string[];
}

/** What a question has taken; while the interview is active, time has passed since. */
export interface Elapsed {
  /** Pauses left out. */
  readonly milliseconds: number;
  /** When that was so, by the clock of this machine (`Date.now()`). */
  readonly asOf: number;
}

/** An interview as the one who is asked sees it. */
export interface Interview {
  readonly sessionId: string;
  readonly analysisId?: string | undefined;
  readonly status: 'active' | 'paused' | 'complete';
  readonly question?: Question | undefined;
  /** What that question has taken; `undefined` where it is not known, as it was paused elsewhere. */
  readonly elapsed?: Elapsed | undefined;
  /** Of the main question, from 1. */
  readonly number: number;
  readonly total: number;
  /** Of the answer before. */
  readonly evaluation?: AnswerEvaluated['payload'] | undefined;
  readonly summary?: Summary | undefined;
}

/** Done when so many stages are: percent. */
const PROGRESS = [0, 33, 67, 100] as const;

const dialect: Dialect<ToServer, ToClient> = {
  path: '/v1/ws',
  bytesMax: 131_072,
  encode: (message, requestId) =>
    JSON.stringify(requestId === undefined ? message : { ...message, requestId }),
  answers: (message) => message.requestId,
  refuses: (message) => {
    if (message.type !== 'error') return undefined;
    const { errorCode, errorMessage, details } = message.payload;
    const { field, retryAfterMs } = details ?? {};
    return new Refusal(
      errorCode,
      errorMessage,
      field ?? undefined,
      retryAfterMs ?? undefined,
      details,
    );
  },
  ping: () => ({ type: 'ping', payload: {} }),
  proof: '/api/analyses?limit=1',
  renew: (token) => ({ type: 'authenticate', payload: { token } }),
};

/**
 * Analyses of repositories and the interviews about them (protocol A).
 *
 * It is told again of everything it was subscribed to after a drop, and takes its interview up again.
 */
export class AnalysisClient extends Client<ToServer, ToClient> {
  /** How far each analysis is that it is told of, by id. */
  readonly analyses = new Store<ReadonlyMap<string, Progress>>(new Map());
  /** The interview it holds, or held last. */
  readonly interview = new Store<Interview | undefined>(undefined);
  readonly #wanted = new Counts();
  readonly #api: Api;

  constructor(options: Options) {
    super(dialect, options);
    this.#api = new Api(options);
    this.onEachOpen(() => this.#resume());
    this.on('subscription_confirmed', ({ payload }) => this.#note(this.#snapshot(payload)));
    this.on('stage_completed', ({ payload }) => {
      const { analysisId, completedStages, progress } = payload;
      const status = completedStages.length === 3 ? 'completed' : 'processing';
      this.#note({ analysisId, status, completedStages, progress });
    });
    this.on('analysis_failed', ({ payload }) => {
      const { analysisId, stage, errorCode, errorMessage, retryable } = payload;
      const before = this.analyses.value.get(analysisId);
      const { completedStages = [], progress = 0 } = before ?? {};
      const failure = { stage, code: errorCode, message: errorMessage, isRetryable: retryable };
      this.#note({ analysisId, status: 'failed', completedStages, progress, failure });
    });
    this.on('answer_evaluated', ({ payload }) =>
      this.#change(payload.sessionId, { evaluation: payload }),
    );
    this.on('follow_up_question', (message) => this.#followUp(message));
    this.on('next_question', (message) => this.#nextQuestion(message));
    this.on('interview_paused', ({ payload }) => {
      const time = this.#elapsed(payload.sessionId);
      this.#change(payload.sessionId, { status: 'paused', elapsed: time && stopped(time) });
    });
    this.on('interview_complete', ({ payload }) => {
      const { sessionId, summary } = payload;
      const over = { status: 'complete', question: undefined, elapsed: undefined } as const;
      this.#change(sessionId, { ...over, summary });
    });
    this.interview.onChange(() => this.#showActivity());
    this.analyses.onChange(() => this.#showActivity());
  }

  /**
   * Is told of an analysis from now on; how far it is. Who asks twice has to let go twice. Where it rejects,
   * one is not told of it.
   */
  async subscribe(analysisId: string): Promise<Progress> {
    this.#wanted.add(analysisId);
    const known = this.analyses.value.get(analysisId);
    this.#note(known ?? { analysisId, status: 'initiated', completedStages: [], progress: 0 });
    try {
      return await this.#subscribe(analysisId, {});
    } catch (error) {
      if (this.#wanted.remove(analysisId)) this.#forget(analysisId);
      throw error;
    }
  }

  /** Is told of it no longer. */
  async unsubscribe(analysisId: string): Promise<void> {
    if (!this.#wanted.remove(analysisId)) return;
    this.#forget(analysisId);
    const message = { type: 'unsubscribe_analysis', payload: { analysisId } } as const;
    await this.ask(message, 'unsubscription_confirmed', ONCE);
  }

  /** Begins an interview about an analysis; in practice evaluations come with an example answer. */
  async startInterview(analysisId: string, sessionType: 'live' | 'practice'): Promise<Interview> {
    const message = { type: 'start_interview', payload: { analysisId, sessionType } } as const;
    const { payload } = await this.ask(message, 'interview_started');
    const interview = started(payload);
    this.interview.update(() => interview);
    return interview;
  }

  /** Answers the question that is asked; resolves with what the answer was worth. */
  async submitAnswer(
    sessionId: string,
    questionId: string,
    answer: string,
  ): Promise<AnswerEvaluated['payload']> {
    const message = { type: 'submit_answer', payload: { sessionId, questionId, answer } } as const;
    const answered = this.ask(message, 'answer_evaluated');
    return (await this.#unlessInactive(sessionId, answered)).payload;
  }

  /** Stops the clock of an interview. */
  async pauseInterview(sessionId: string): Promise<void> {
    const message = { type: 'pause_interview', payload: { sessionId } } as const;
    await this.#unlessInactive(sessionId, this.ask(message, 'interview_paused'));
  }

  /** Takes an interview up again, also one that another page began; resolves with its question. */
  async resumeInterview(sessionId: string): Promise<Question> {
    const message = { type: 'resume_interview', payload: { sessionId } } as const;
    const { payload } = await this.ask(message, 'interview_resumed', ONCE);
    const question = resumed(payload.currentQuestion);
    const before = this.interview.value;
    const known = before?.sessionId === sessionId ? before : { sessionId, number: 0, total: 0 };
    this.interview.update(() => ({ ...known, ...this.#goesOn(sessionId, question) }));
    this.#readElapsed(sessionId, question).catch(() => {});
    return question;
  }

  #goesOn(sessionId: string, question: Question): Partial<Interview> & { status: 'active' } {
    const before = this.interview.value;
    const isKnown = before?.question?.questionId === question.questionId;
    const time = isKnown ? this.#elapsed(sessionId) : undefined;
    const isPaused = before?.status === 'paused';
    const goesOn = isPaused && time ? elapsed(time.milliseconds) : time;
    return { status: 'active', question, elapsed: goesOn };
  }

  /** Only the server knows what passed while there was no connection; its messages do not tell. */
  async #readElapsed(sessionId: string, { questionId }: Question): Promise<void> {
    const read = await readInterview(this.#api, sessionId);
    const now = this.interview.value;
    const isAsked =
      now?.status === 'active' &&
      [now.question, read.currentQuestion].every((asked) => asked?.questionId === questionId);
    if (isAsked) this.#change(sessionId, { elapsed: read.elapsed });
  }

  #elapsed(sessionId: string): Elapsed | undefined {
    const interview = this.interview.value;
    return interview?.sessionId === sessionId ? interview.elapsed : undefined;
  }

  /** Another page may have paused it: then it is shown as paused here too, and can be taken up again. */
  async #unlessInactive<Answer>(sessionId: string, answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'SESSION_NOT_ACTIVE') {
        this.#change(sessionId, { status: 'paused', elapsed: undefined });
      }
      throw error;
    }
  }

  async #resume(): Promise<void> {
    const analyses = this.#wanted.all;
    const subscribed = analyses.map((id) => this.#subscribe(id, ONCE));
    const interview = this.interview.value;
    const isHeld = interview?.status === 'active';
    await Promise.allSettled([...subscribed, isHeld && this.#resumeInterview(interview.sessionId)]);
  }

  /** Takes up again what was held when the connection broke; it may have ended with that. */
  async #resumeInterview(sessionId: string): Promise<void> {
    try {
      await this.resumeInterview(sessionId);
    } catch (error) {
      const isOver = error instanceof Refusal && error.code === 'SESSION_NOT_ACTIVE';
      if (!isOver) throw error;
      const { summary } = await readInterview(this.#api, sessionId);
      if (summary === undefined) return this.#change(sessionId, { status: 'paused' });
      this.#change(sessionId, { status: 'complete', question: undefined, summary });
    }
  }

  async #subscribe(analysisId: string, options: RequestOptions): Promise<Progress> {
    const message = { type: 'subscribe_analysis', payload: { analysisId } } as const;
    return this.#snapshot((await this.ask(message, 'subscription_confirmed', options)).payload);
  }

  #snapshot(payload: SubscriptionConfirmed['payload']): Progress {
    const { analysisId, currentStatus: status, completedStages } = payload;
    const progress = PROGRESS[completedStages.length] ?? 0;
    const { failure } =
      status === 'failed' ? (this.analyses.value.get(analysisId) ?? {}) : { failure: undefined };
    return { analysisId, status, completedStages, progress, ...(failure && { failure }) };
  }

  #note(progress: Progress): void {
    this.analyses.update((all) => new Map(all).set(progress.analysisId, progress));
  }

  #forget(analysisId: string): void {
    this.analyses.update((all) => new Map([...all].filter(([id]) => id !== analysisId)));
  }

  #change(sessionId: string, change: Partial<Interview>): void {
    this.interview.update((interview) =>
      interview?.sessionId === sessionId ? { ...interview, ...change } : interview,
    );
  }

  #followUp({ payload }: FollowUpQuestion): void {
    const { sessionId, questionId, question, questionType, relatedToQuestionId } = payload;
    const before = this.interview.value?.question;
    const main = before?.questionId === relatedToQuestionId ? before : { fileReferences: [] };
    const followUp = { relatedTo: relatedToQuestionId, followUp: questionType };
    this.#pose(sessionId, { ...main, questionId, question, ...followUp });
  }

  #nextQuestion({ payload }: NextQuestion): void {
    const { sessionId, questionNumber: number, totalQuestions: total } = payload;
    this.#pose(sessionId, asked(payload), { number, total });
  }

  /** A question is told again behind an answer that was sent again: its time goes on. */
  #pose(sessionId: string, question: Question, change: Partial<Interview> = {}): void {
    const before = this.interview.value;
    const isKnown = before?.question?.questionId === question.questionId;
    const time = isKnown ? before.elapsed : elapsed(0);
    this.#change(sessionId, { ...change, question, elapsed: time });
  }

  #showActivity(): void {
    const interview = this.interview.value;
    const to = [...this.analyses.value.keys()];
    if (interview?.status === 'active') {
      this.connection.use({ status: 'interview_active', sessionId: interview.sessionId });
    } else if (interview?.status === 'paused') {
      this.connection.use({ status: 'interview_paused', sessionId: interview.sessionId });
    } else {
      this.connection.use(to.length === 0 ? undefined : { status: 'subscribed', to });
    }
  }
}

function started(payload: InterviewStarted['payload']): Interview {
  const { sessionId, analysisId, firstQuestion, totalQuestions: total } = payload;
  return {
    sessionId,
    analysisId,
    status: 'active',
    question: asked(firstQuestion),
    elapsed: elapsed(0),
    number: 1,
    total,
  };
}

function elapsed(milliseconds: number): Elapsed {
  return { milliseconds, asOf: Date.now() };
}

/** What a question has taken, at the moment in which its interview is paused. */
function stopped({ milliseconds, asOf }: Elapsed): Elapsed {
  return elapsed(milliseconds + Math.max(0, Date.now() - asOf));
}

function asked(payload: InterviewStarted['payload']['firstQuestion']): Question {
  const { questionId, question, category, difficulty, fileReferences } = payload;
  return { questionId, question, category, difficulty, fileReferences };
}

function resumed(payload: InterviewResumed['payload']['currentQuestion']): Question {
  const { relatedToQuestionId, questionType } = payload;
  return {
    ...asked(payload),
    relatedTo: relatedToQuestionId ?? undefined,
    followUp: questionType ?? undefined,
  };
}
