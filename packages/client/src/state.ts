import type { Ending } from './ending.js';

/** What a connection is doing. Times are milliseconds since the epoch. */
export type ConnectionState =
  /** Nobody asked for it, or it was closed. */
  | { readonly status: 'disconnected' }
  /** It dials, or waits until `retryAt` to dial again; `ending` says what the last attempt came to. */
  | {
      readonly status: 'connecting';
      readonly attempt: number;
      readonly retryAt?: number;
      readonly ending?: Ending;
    }
  /** It is open. */
  | { readonly status: 'connected'; readonly since: number }
  /** It is open, and is told of these. */
  | { readonly status: 'subscribed'; readonly since: number; readonly to: readonly string[] }
  /** An interview is held over it. */
  | { readonly status: 'interview_active'; readonly since: number; readonly sessionId: string }
  /** An interview is paused. */
  | { readonly status: 'interview_paused'; readonly since: number; readonly sessionId: string }
  /** It is being closed, at one's own wish. */
  | { readonly status: 'disconnecting' }
  /** It has ended and does not come back by itself. */
  | { readonly status: 'error'; readonly ending: Ending };

/** What an open connection is used for. */
export type Activity =
  | { readonly status: 'subscribed'; readonly to: readonly string[] }
  | { readonly status: 'interview_active'; readonly sessionId: string }
  | { readonly status: 'interview_paused'; readonly sessionId: string };

/** Whether messages pass now. */
export function isOpen(state: ConnectionState): boolean {
  switch (state.status) {
    case 'connected':
    case 'subscribed':
    case 'interview_active':
    case 'interview_paused':
      return true;
    case 'disconnected':
    case 'connecting':
    case 'disconnecting':
    case 'error':
      return false;
  }
}
