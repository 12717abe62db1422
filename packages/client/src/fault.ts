import { type Ending, describe } from './ending.js';

/** The server refused a request, or told of something that failed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    /** The stable code, such as `VALIDATION_ERROR`. */
    readonly code: string,
    message: string,
    /** The offending field, such as `data.content`. */
    readonly field?: string,
    /** When to try again, in milliseconds. */
    readonly retryAfter?: number,
    /** Everything else the server said of it. */
    readonly details?: unknown,
  ) {
    super(message);
  }

  /** Whether the same may be taken later: the server is busy, or it went too fast. */
  get isPassing(): boolean {
    return PASSING.includes(this.code);
  }
}

const PASSING = ['RATE_LIMIT_EXCEEDED', 'UNAVAILABLE', 'INTERNAL_ERROR'];

/** A request ended without an answer, by no fault of the server's. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';

  constructor(
    /**
     * `closed`: the connection was closed; `lost`: it broke, and the request is not to be repeated;
     * `late`: no answer came in time; `full`: too much waits already; `aborted`: at the caller's wish.
     */
    readonly why: 'closed' | 'lost' | 'late' | 'full' | 'aborted',
    /** How the connection ended, where it did. */
    readonly ending?: Ending,
  ) {
    super(ending === undefined ? WORDS[why] : describe(ending));
  }
}

const WORDS = {
  closed: 'The connection was closed',
  lost: 'The connection broke before the answer',
  late: 'No answer came in time',
  full: 'Too many messages wait to be sent',
  aborted: 'The request was given up',
} as const;
