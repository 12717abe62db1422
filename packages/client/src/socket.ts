/** The part of the browsers' WebSocket that is used here; `ws` has it too. */
export interface Socket {
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** Makes a socket. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

/**
 * The runtime's own WebSocket; under Node.js before 22, which has none, that of the package `ws`.
 *
 * @throws where there is neither
 */
export async function findWebSocket(): Promise<SocketConstructor> {
  const own = (globalThis as { WebSocket?: unknown }).WebSocket;
  if (own !== undefined) return own as SocketConstructor;
  // Out of bundlers' sight: a page never gets here.
  const name = 'ws';
  try {
    const found = (await import(/* @vite-ignore */ name)) as { WebSocket: unknown };
    return found.WebSocket as SocketConstructor;
  } catch {
    throw new Error('This runtime has no WebSocket: install the package ws, or give `webSocket`');
  }
}

/** The address of a WebSocket at `path` of a server, whichever of its schemes `base` has. */
export function address(base: string, path: string): string {
  const root = base.endsWith('/') ? base : `${base}/`;
  const url = new URL(path.replace(/^\//, ''), root.replace(/^http/, 'ws'));
  return url.href;
}

/** The address of an HTTP route at `path` of a server, whichever of its schemes `base` has. */
export function httpAddress(base: string, path: string): string {
  return base.replace(/^ws/, 'http').replace(/\/$/, '') + path;
}

/** What a client can read in a token. */
export interface Claims {
  /** Whose it is. */
  readonly userId?: string | undefined;
  /** What others see. */
  readonly name?: string | undefined;
  /** Such as `admin`. */
  readonly roles?: readonly string[] | undefined;
  /** When it runs out, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
}

/** The claims of a token; none where it is of a kind that only the server can read. */
export function claims(token: string): Claims {
  const part = token.split('.')[1] ?? '';
  try {
    const bytes = Uint8Array.from(
      atob(part.replace(/-/g, '+').replace(/_/g, '/')),
      (byte) => byte.codePointAt(0) ?? 0,
    );
    const read = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
    const names = ['name', 'username', 'cognito:username', 'email'];
    const roles = read['roles'] ?? read['cognito:groups'];
    const { exp } = read;
    return {
      userId: text(read['sub']),
      name: names.map((name) => text(read[name])).find((name) => name !== undefined),
      roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : undefined,
      expiresAt: typeof exp === 'number' ? exp * 1000 : undefined,
    };
  } catch {
    return {};
  }
}
