import { Refusal, Unanswered } from '@quintet/client';

/** What an error means to whoever meets it: what they can do about it differs. */
export type FaultKind =
  /** Nothing came back: the network, or the server, is away. */
  | 'unreached'
  /** The token is not taken any more. */
  | 'signed-out'
  /** It takes a right that they do not have. */
  | 'forbidden'
  /** There is no such thing. */
  | 'missing'
  /** Too much at once; later it works. */
  | 'busy'
  | 'other';

/** Codes whose names do not say it; a route behind a proxy has no code but its status. */
const KINDS: Readonly<Record<string, FaultKind>> = {
  UNAUTHORIZED: 'signed-out',
  HTTP_401: 'signed-out',
  FORBIDDEN: 'forbidden',
  HTTP_403: 'forbidden',
  HTTP_404: 'missing',
  RATE_LIMIT_EXCEEDED: 'busy',
  UNAVAILABLE: 'busy',
  HTTP_429: 'busy',
  HTTP_503: 'busy',
  HTTP_502: 'unreached',
  HTTP_504: 'unreached',
};

/** What kind of error it is. */
export function kindOf(error: unknown): FaultKind {
  if (error instanceof Refusal) {
    const known = KINDS[error.code];
    return known ?? (error.code.endsWith('NOT_FOUND') ? 'missing' : 'other');
  }
  if (error instanceof Unanswered) {
    return error.why === 'lost' || error.why === 'late' ? 'unreached' : 'other';
  }
  // `fetch` fails with a TypeError whose words differ from browser to browser, and with these where it takes too long.
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return 'unreached';
  }
  return error instanceof DOMException && error.name === 'TimeoutError' ? 'unreached' : 'other';
}

/** What stands over an error, and its colour. */
export const LOOKS: Readonly<
  Record<FaultKind, { readonly title: string; readonly color: string }>
> = {
  unreached: { title: 'The server cannot be reached', color: 'orange' },
  'signed-out': { title: 'You are signed in no longer', color: 'orange' },
  forbidden: { title: 'You may not do this', color: 'red' },
  missing: { title: 'There is no such thing', color: 'red' },
  busy: { title: 'Too much at once', color: 'orange' },
  other: { title: 'That did not work', color: 'red' },
};

/** What to tell somebody of an error; `isTimed` where when to try again is told beside it. */
export function wordsOf(error: unknown, isTimed = false): string {
  switch (kindOf(error)) {
    case 'unreached':
      return 'No answer came. What you see may be old; try again in a moment.';
    case 'signed-out':
      return 'The server does not take your token any more. Sign in again to go on.';
    default:
      return error instanceof Error ? sentence(error, isTimed) : String(error);
  }
}

function sentence(error: Error, isTimed: boolean): string {
  const field = error instanceof Refusal && error.field !== undefined ? ` (${error.field})` : '';
  const words = `${error.message}${field}`.replace(/^./u, (letter) => letter.toUpperCase());
  const end = /[.!?…]$/.test(words) ? '' : '.';
  const after = error instanceof Refusal && !isTimed ? error.retryAfter : undefined;
  const later = after === undefined ? '' : ` Try again in ${Math.ceil(after / 1000)} s.`;
  return `${words}${end}${later}`;
}
