import type { Ending } from './ending.js';
import { claims, httpAddress } from './socket.js';

/** Gives a token. */
export type TokenSource = () => string | Promise<string>;

/** How long a token may take, such as for somebody to sign in: milliseconds. */
const TOKEN_WITHIN = 60_000;
/** How long the server may take to say what it thinks of one. */
const PROOF_WITHIN = 5_000;

/**
 * A token from where the page has them.
 *
 * @throws where that throws, takes too long, or gives none
 */
export async function freshToken(source: TokenSource): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('No token in time')), TOKEN_WITHIN);
  });
  try {
    const token: unknown = await Promise.race([Promise.resolve().then(source), late]);
    // A file or an answer that a token was read from may end with a line's end.
    const text = typeof token === 'string' ? token.trim() : '';
    if (text === '') throw new Error('There is no token');
    return text;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a token has run out, by the clock here. */
export function hasExpired(token: string): boolean {
  const { expiresAt } = claims(token);
  return expiresAt !== undefined && expiresAt <= Date.now();
}

/**
 * Why a handshake failed, as far as that can be seen: the server refuses a token by an HTTP status, which
 * browsers do not show, so the token is shown at a path that does.
 */
export async function whyRefused(
  base: string,
  proof: string,
  token: string,
  ending: Ending,
): Promise<Ending> {
  try {
    const { status } = await fetch(httpAddress(base, proof), {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PROOF_WITHIN),
    });
    return status === 401 ? { code: 1008, reason: 'Unauthorized' } : ending;
  } catch {
    return ending;
  }
}
