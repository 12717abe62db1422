/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */

export type ToClient =
  | AnalysisFailed
  | AnswerEvaluated
  | Authenticated
  | ErrorMessage
  | FollowUpQuestion
  | InterviewComplete
  | InterviewPaused
  | InterviewResumed
  | InterviewStarted
  | NextQuestion
  | Pong
  | StageCompleted
  | SubscriptionConfirmed
  | UnsubscriptionConfirmed;
export type ToServer =
  | AuthenticateRequest
  | PauseInterviewRequest
  | PingRequest
  | ResumeInterviewRequest
  | StartInterviewRequest
  | SubmitAnswerRequest
  | SubscribeAnalysisRequest
  | UnsubscribeAnalysisRequest;

export interface AnalysisFailed {
  /**
   * The analysis ended without all its stages.
   */
  payload: {
    /**
     * Which.
     */
    analysisId: string;
    /**
     * The stable code, such as `REPO_NOT_FOUND`.
     */
    errorCode: string;
    /**
     * A sentence to show.
     */
    errorMessage: string;
    /**
     * Whether another attempt may succeed.
     */
    retryable: boolean;
    /**
     * The stage it was in.
     */
    stage: 'project_review' | 'intelligence_report' | 'interview_simulation';
  };
  requestId?: string;
  timestamp: string;
  type: 'analysis_failed';
}
export interface AnswerEvaluated {
  /**
   * An answer was evaluated and stored.
   */
  payload: {
    /**
     * What the answer was worth.
     */
    evaluation: {
      /**
       * An answer that makes all the points; in practice only.
       */
      exampleAnswer?: string | null;
      /**
       * What to take from it.
       */
      feedback: string;
      /**
       * Points that were not made.
       */
      missingPoints: string[];
      /**
       * 0 to 100.
       */
      score: number;
      /**
       * Points that were made.
       */
      strengths: string[];
      /**
       * What was weak about it.
       */
      weaknesses: string[];
    };
    /**
     * Which message follows.
     */
    nextAction: 'follow_up' | 'next_question' | 'complete';
    /**
     * What was answered.
     */
    questionId: string;
    /**
     * The interview.
     */
    sessionId: string;
  };
  requestId?: string;
  timestamp: string;
  type: 'answer_evaluated';
}
export interface Authenticated {
  /**
   * The token was taken, or renewed.
   */
  payload: {
    /**
     * When the token runs out, ISO 8601.
     */
    expiresAt: string;
    /**
     * Whose it is.
     */
    userId: string;
  };
  requestId?: string;
  timestamp: string;
  type: 'authenticated';
}
export interface ErrorMessage {
  /**
   * A refusal.
   */
  payload: {
    /**
     * What else is known.
     */
    details?: {
      /**
       * The offending field.
       */
      field?: string | null;
      /**
       * Why it cannot be done now.
       */
      reason?:
        | (
            | 'busy'
            | 'storage_full'
            | 'ai_unavailable'
            | 'tokens_unavailable'
            | 'restarting'
            | 'going_down'
            | 'slow_consumer'
          )
        | null;
      /**
       * Milliseconds after which it may work.
       */
      retryAfterMs?: number | null;
    } | null;
    /**
     * The stable code.
     */
    errorCode:
      | 'INVALID_MESSAGE_FORMAT'
      | 'UNAUTHORIZED'
      | 'SESSION_NOT_FOUND'
      | 'ANALYSIS_NOT_FOUND'
      | 'ANALYSIS_NOT_READY'
      | 'QUESTION_MISMATCH'
      | 'SESSION_NOT_ACTIVE'
      | 'RATE_LIMIT_EXCEEDED'
      | 'MESSAGE_TOO_LARGE'
      | 'INTERNAL_ERROR'
      | 'CONNECTION_TIMEOUT';
    /**
     * A sentence to show.
     */
    errorMessage: string;
    /**
     * Whether the same message may succeed later.
     */
    retryable: boolean;
  };
  requestId?: string;
  timestamp: string;
  type: 'error';
}
export interface FollowUpQuestion {
  /**
   * A question about the last answer.
   */
  payload: {
    /**
     * The question.
     */
    question: string;
    /**
     * Its own id.
     */
    questionId: string;
    /**
     * What it is for.
     */
    questionType: 'clarifying' | 'deeper_technical';
    /**
     * The main question.
     */
    relatedToQuestionId: string;
    /**
     * The interview.
     */
    sessionId: string;
  };
  requestId?: string;
  timestamp: string;
  type: 'follow_up_question';
}
export interface InterviewComplete {
  /**
   * The interview is over.
   */
  payload: {
    /**
     * About which analysis.
     */
    analysisId: string;
    /**
     * The interview.
     */
    sessionId: string;
    /**
     * How it went.
     */
    summary: {
      /**
       * The mean over all answers, pauses left out: whole seconds, as `45 seconds`.
       */
      averageResponseTime: string;
      /**
       * The means over the questions of each category.
       */
      categoryScores: {
        /**
         * Parts and how they fit.
         */
        architecture: number;
        /**
         * How something is done.
         */
        implementation: number;
        /**
         * What happens when there is more.
         */
        scalability: number;
        /**
         * What was given up for what.
         */
        tradeoffs: number;
      };
      /**
       * What to work on.
       */
      improvementAreas: string[];
      /**
       * What went well.
       */
      keyStrengths: string[];
      /**
       * What did not.
       */
      keyWeaknesses: string[];
      /**
       * 0 to 100: the mean over the questions.
       */
      overallScore: number;
      /**
       * Main questions that were answered.
       */
      questionsAnswered: number;
    };
  };
  requestId?: string;
  timestamp: string;
  type: 'interview_complete';
}
export interface InterviewPaused {
  /**
   * The interview rests; its time stands still.
   */
  payload: {
    /**
     * Whether it may go on; always so.
     */
    canResume: boolean;
    /**
     * The main question it is at, from 0.
     */
    currentQuestionIndex: number;
    /**
     * The interview.
     */
    sessionId: string;
  };
  requestId?: string;
  timestamp: string;
  type: 'interview_paused';
}
export interface InterviewResumed {
  /**
   * The interview goes on, with this connection.
   */
  payload: {
    /**
     * What is to be answered.
     */
    currentQuestion: {
      /**
       * What it is about.
       */
      category: 'architecture' | 'implementation' | 'tradeoffs' | 'scalability';
      /**
       * Whom it is for.
       */
      difficulty: 'junior' | 'mid-level' | 'senior';
      /**
       * The code it is about.
       */
      fileReferences: string[];
      /**
       * The question.
       */
      question: string;
      /**
       * Its id.
       */
      questionId: string;
      /**
       * What a follow-up is for.
       */
      questionType?: ('clarifying' | 'deeper_technical') | null;
      /**
       * The main question of a follow-up.
       */
      relatedToQuestionId?: string | null;
    };
    /**
     * The interview.
     */
    sessionId: string;
  };
  requestId?: string;
  timestamp: string;
  type: 'interview_resumed';
}
export interface InterviewStarted {
  /**
   * An interview began.
   */
  payload: {
    /**
     * About which analysis.
     */
    analysisId: string;
    /**
     * What is asked first.
     */
    firstQuestion: {
      /**
       * What it is about.
       */
      category: 'architecture' | 'implementation' | 'tradeoffs' | 'scalability';
      /**
       * Whom it is for.
       */
      difficulty: 'junior' | 'mid-level' | 'senior';
      /**
       * The code it is about.
       */
      fileReferences: string[];
      /**
       * The question.
       */
      question: string;
      /**
       * Its id.
       */
      questionId: string;
    };
    /**
     * The interview.
     */
    sessionId: string;
    /**
     * Main questions of the interview, 5 to 10.
     */
    totalQuestions: number;
  };
  requestId?: string;
  timestamp: string;
  type: 'interview_started';
}
export interface NextQuestion {
  /**
   * The next main question.
   */
  payload: {
    /**
     * What it is about.
     */
    category: 'architecture' | 'implementation' | 'tradeoffs' | 'scalability';
    /**
     * Whom it is for.
     */
    difficulty: 'junior' | 'mid-level' | 'senior';
    /**
     * The code it is about.
     */
    fileReferences: string[];
    /**
     * The question.
     */
    question: string;
    /**
     * Its id.
     */
    questionId: string;
    /**
     * Its number among the main questions, from 1.
     */
    questionNumber: number;
    /**
     * The interview.
     */
    sessionId: string;
    /**
     * Main questions of the interview.
     */
    totalQuestions: number;
  };
  requestId?: string;
  timestamp: string;
  type: 'next_question';
}
export interface Pong {
  /**
   * The answer to `ping`.
   */
  payload: {};
  requestId?: string;
  timestamp: string;
  type: 'pong';
}
export interface StageCompleted {
  /**
   * One stage, or several that came together, were stored.
   */
  payload: {
    /**
     * Of which analysis.
     */
    analysisId: string;
    /**
     * All that are there.
     *
     * Items: What an analysis consists of, in this order.
     */
    completedStages: ('project_review' | 'intelligence_report' | 'interview_simulation')[];
    /**
     * Whether the stage can be fetched; always so.
     */
    dataAvailable: boolean;
    /**
     * In percent: 33, 67, 100.
     */
    progress: number;
    /**
     * The latest of them.
     */
    stage: 'project_review' | 'intelligence_report' | 'interview_simulation';
  };
  requestId?: string;
  timestamp: string;
  type: 'stage_completed';
}
export interface SubscriptionConfirmed {
  /**
   * The connection hears of the analysis from now on.
   */
  payload: {
    /**
     * Which.
     */
    analysisId: string;
    /**
     * The stages that are there.
     *
     * Items: What an analysis consists of, in this order.
     */
    completedStages: ('project_review' | 'intelligence_report' | 'interview_simulation')[];
    /**
     * How far it is.
     */
    currentStatus: 'initiated' | 'processing' | 'completed' | 'failed';
  };
  requestId?: string;
  timestamp: string;
  type: 'subscription_confirmed';
}
export interface UnsubscriptionConfirmed {
  /**
   * The connection hears no more of the analysis.
   */
  payload: {
    /**
     * Which.
     */
    analysisId: string;
  };
  requestId?: string;
  timestamp: string;
  type: 'unsubscription_confirmed';
}
export interface AuthenticateRequest {
  payload: {
    token: string;
  };
  requestId?: string;
  timestamp?: string;
  type: 'authenticate';
}
export interface PauseInterviewRequest {
  payload: {
    sessionId: string;
  };
  requestId?: string;
  timestamp?: string;
  type: 'pause_interview';
}
export interface PingRequest {
  payload?: {};
  requestId?: string;
  timestamp?: string;
  type: 'ping';
}
export interface ResumeInterviewRequest {
  payload: {
    sessionId: string;
  };
  requestId?: string;
  timestamp?: string;
  type: 'resume_interview';
}
export interface StartInterviewRequest {
  payload: {
    analysisId: string;
    sessionType: 'live' | 'practice';
  };
  requestId?: string;
  timestamp?: string;
  type: 'start_interview';
}
export interface SubmitAnswerRequest {
  payload: {
    answer: string;
    questionId: string;
    sessionId: string;
  };
  requestId?: string;
  timestamp?: string;
  type: 'submit_answer';
}
export interface SubscribeAnalysisRequest {
  payload: {
    analysisId: string;
  };
  requestId?: string;
  timestamp?: string;
  type: 'subscribe_analysis';
}
export interface UnsubscribeAnalysisRequest {
  payload: {
    analysisId: string;
  };
  requestId?: string;
  timestamp?: string;
  type: 'unsubscribe_analysis';
}
