import { useDebouncedValue, useNetwork } from '@mantine/hooks';
import type { ConnectionState, Ending } from '@quintet/client';
import { useNotifications } from '@quintet/react';

/** What stands between somebody and the server. */
export type Trouble =
  | { readonly kind: 'offline' }
  | { readonly kind: 'lost'; readonly retryAt?: number | undefined }
  | { readonly kind: 'ended'; readonly ending: Ending };

/** What takes no longer is nobody's trouble: milliseconds. */
const PATIENCE = 1_000;

/** The trouble, if any, by the connection that every page has. */
export function useTrouble(): Trouble | undefined {
  const { connection } = useNotifications();
  const { online } = useNetwork();
  const trouble = troubleOf(connection, online);
  const [settled] = useDebouncedValue(trouble?.kind, PATIENCE);
  // It goes at once, and comes once it has lasted.
  return trouble !== undefined && trouble.kind === settled ? trouble : undefined;
}

export function troubleOf(connection: ConnectionState, isOnline: boolean): Trouble | undefined {
  if (connection.status === 'error') return { kind: 'ended', ending: connection.ending };
  if (!isOnline) return { kind: 'offline' };
  // The first dial has no ending before it, and is the page's beginning.
  const isLost = connection.status === 'connecting' && connection.ending !== undefined;
  return isLost ? { kind: 'lost', retryAt: connection.retryAt } : undefined;
}
