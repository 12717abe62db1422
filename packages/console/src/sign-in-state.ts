import { claims } from '@quintet/client/socket';
import { Store } from '@quintet/client';

/** Who is signed in on this page. */
export interface SignedIn {
  readonly token: string;
  readonly userId: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** Signed in by name alone, as a server in development mode allows: a fresh token can be had. */
  readonly byName: boolean;
}

/** What this page keeps in a tab begins with it. */
const OURS = 'quintet.';
/** Where a tab keeps it; another tab signs in by itself. */
const KEY = `${OURS}sign-in`;
/** A token that runs out this soon is replaced before it is used: milliseconds. */
const FRESH_FOR = 60_000;

/** Who is signed in, if anybody. */
export const signedIn = new Store<SignedIn | undefined>(fromFragment() ?? kept());

// Whoever came by a link is kept too: the link's token is in the address no more when the page loads anew.
keep();
signedIn.onChange(keep);

// A link may also be opened in a tab that shows this page already.
addEventListener('hashchange', () => {
  const read = fromFragment();
  if (read !== undefined) signedIn.update(() => read);
});

function keep(): void {
  const { value } = signedIn;
  if (value === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, JSON.stringify({ token: value.token, byName: value.byName }));
}

/** Signs in with a token. @throws where it is none that this page can read */
export function signInWithToken(token: string): void {
  const read = readToken(token.trim(), false);
  if (read === undefined) throw new Error('This is no token: it has no user in it');
  signedIn.update(() => read);
}

/** Signs in by name, on a server in development mode. */
export async function signInByName(name: string): Promise<void> {
  const token = await tokenOf(name);
  signedIn.update(() => readToken(token, true));
}

/** Forgets who was signed in, and what they left on this page: drafts, wishes. */
export function signOut(): void {
  signedIn.update(() => undefined);
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(OURS)) sessionStorage.removeItem(key);
  }
}

/** The token for the next dial; a fresh one where one can be had and is needed. */
export async function token(): Promise<string> {
  const { value } = signedIn;
  if (value === undefined) throw new Error('Nobody is signed in');
  const { expiresAt } = claims(value.token);
  const isStale = expiresAt !== undefined && expiresAt - Date.now() < FRESH_FOR;
  if (!value.byName || !isStale) return value.token;
  const fresh = await tokenOf(value.name);
  signedIn.update((now) => (now === value ? readToken(fresh, true) : now));
  return fresh;
}

/** Whether this server lets people in by name. */
export async function isDevelopment(): Promise<boolean> {
  const response = await fetch('./', {
    // The page itself has the same address, and must not be shown in its place later.
    headers: { accept: 'application/json' },
    cache: 'no-store',
  });
  if (!response.ok) throw new Error(`The server answers with ${response.status}`);
  const { links } = (await response.json()) as { links?: Record<string, string> };
  return links?.['signInByName'] !== undefined;
}

async function tokenOf(name: string): Promise<string> {
  const response = await fetch('./api/dev/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  // A proxy may answer for a server that is away, and not in JSON.
  const said: unknown = await response.json().catch(() => ({}));
  const answer = said as { token?: string; message?: string };
  if (answer.token === undefined) throw new Error(answer.message ?? response.statusText);
  return answer.token;
}

/** A token in the fragment of a printed link, which never leaves the browser; it is taken out of the address. */
function fromFragment(): SignedIn | undefined {
  const found = /[#&]token=([^&]+)/.exec(location.hash);
  if (found?.[1] === undefined) return undefined;
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  return readToken(decodeURIComponent(found[1]), false);
}

function kept(): SignedIn | undefined {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return undefined;
  const { token: kept, byName } = JSON.parse(text) as { token: string; byName: boolean };
  return readToken(kept, byName);
}

function readToken(text: string, byName: boolean): SignedIn | undefined {
  const { userId, name = userId, roles = [] } = claims(text);
  if (userId === undefined || name === undefined) return undefined;
  return { token: text, userId, name, roles, byName };
}
