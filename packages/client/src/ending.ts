import { BACKOFF, wait } from './backoff.js';

/** How a connection ended: a WebSocket's close code and reason. */
export interface Ending {
  /** 1006 where the connection broke, or could not be made. */
  readonly code: number;
  /** The server's words; empty where it said none. */
  readonly reason: string;
}

/** What follows from an ending. */
export type Sequel =
  /** Another dial makes no sense: somebody has to sign in again. */
  | { readonly kind: 'stay' }
  /** Dial again after so many milliseconds. */
  | { readonly kind: 'dial'; readonly after: number };

/** What is known when a connection has ended. */
export interface Circumstances {
  /** Milliseconds since the connection was lost; 0 where that is this moment. */
  readonly outage: number;
  /** From 0 to 1. */
  readonly random: number;
  /** What the server's last refusal for going too fast asked for, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** Whether the one before ended by an expired token too. */
  readonly isExpiredAgain: boolean;
  /** Whether the one before ended for the same want of a place. */
  readonly isFullAgain: boolean;
}

/** A place among a user's connections may be free again after so long. */
const FULL_AFTER = 5_000;
/** What the limits of messages count over. */
const MINUTE = 60_000;

/**
 * What to do after an ending, as the protocols' common rules say: a fresh token once for an expired one;
 * after the time that was told for going too fast; five seconds for a place; never again where the token
 * was refused or revoked; with jitter for everything else.
 */
export function sequel(ending: Ending, circumstances: Circumstances): Sequel {
  const { outage, random, retryAfter, isExpiredAgain, isFullAgain } = circumstances;
  const later: Sequel = { kind: 'dial', after: wait(outage, random) };
  if (ending.code !== 1008) return later;
  switch (ending.reason) {
    case 'Unauthorized':
    case 'Revoked':
      return { kind: 'stay' };
    case 'Token expired':
      return isExpiredAgain ? { kind: 'stay' } : { kind: 'dial', after: 0 };
    case 'Rate limit exceeded':
      return { kind: 'dial', after: (retryAfter ?? MINUTE) + wait(0, random) };
    case 'Too many connections':
      return isFullAgain
        ? { kind: 'dial', after: FULL_AFTER + wait(Math.max(outage, BACKOFF.first), random) }
        : { kind: 'dial', after: FULL_AFTER };
    default:
      return later;
  }
}

/** What to tell a person. */
export function describe(ending: Ending): string {
  if (ending.reason !== '') return ending.reason;
  return ending.code === 1006 ? 'The connection broke' : `The connection ended (${ending.code})`;
}
