import type { Dialect } from './dialect.js';
import { Refusal } from './fault.js';

/** Where protocol C's refusals stand. */
interface Failed {
  readonly type: string;
  readonly id?: string;
  readonly error?: string;
  readonly data?: unknown;
}

/** How the three endpoints of protocol C say what all protocols say, in a context where there is one. */
export function classDialect<Sent extends object, Received extends Failed>(
  path: string,
  contextId: string | undefined,
): Dialect<Sent, Received> {
  const query = contextId === undefined ? '' : `?contextId=${encodeURIComponent(contextId)}`;
  const context = contextId === undefined ? {} : { contextId };
  return {
    path: path + query,
    bytesMax: 262_144,
    encode: (message, id) => JSON.stringify(id === undefined ? message : { ...message, id }),
    answers: (message) => message.id,
    refuses: ({ type, error, data }) => {
      if (type !== 'error') return undefined;
      const { code, field, retryAfterMs } = data as {
        code: string;
        field?: string | null;
        retryAfterMs?: number | null;
      };
      return new Refusal(code, error ?? code, field ?? undefined, retryAfterMs ?? undefined, data);
    },
    ping: () => ({ type: 'ping' }) as unknown as Sent,
    renew: (token) => ({ type: 'auth', token, ...context }) as unknown as Sent,
  };
}
