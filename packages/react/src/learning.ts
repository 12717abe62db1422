import type { ConnectionState } from '@quintet/client';
import { AnalyticsClient, type Metric } from '@quintet/client/analytics';
import { type Chat, ChatClient } from '@quintet/client/chat';
import { CollaborationClient, type DocumentState, type Role } from '@quintet/client/collaboration';
import { useConnection } from './connection.js';
import { useHeld } from './held.js';
import { useShared } from './provider.js';
import { useStore } from './store.js';

/** The chat of a context. */
export function useChat(contextId: string): {
  readonly chat: Chat;
  readonly client: ChatClient;
  readonly connection: ConnectionState;
} {
  const client = useShared(`chat ${contextId}`, (options) => new ChatClient(contextId, options));
  return { chat: useStore(client.chat), client, connection: useConnection(client) };
}

/** The figures of a context, while they are watched. */
export function useMetrics(
  contextId: string,
  names: readonly string[],
): {
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly error: unknown;
  readonly connection: ConnectionState;
} {
  const client = useShared(
    `analytics ${contextId}`,
    (options) => new AnalyticsClient(contextId, options),
  );
  const error = useHeld(client, JSON.stringify(names), watch);
  return { metrics: useStore(client.metrics), error, connection: useConnection(client) };
}

async function watch(client: AnalyticsClient, wish: string) {
  const names = JSON.parse(wish) as string[];
  await client.subscribe(names);
  return () => client.unsubscribe(names);
}

/** A document, for an editor that listens to `client.onTextChange` and calls `client.edit`. */
export function useDocument(
  sessionId: string,
  { role, contextId }: { readonly role?: Role; readonly contextId?: string } = {},
): {
  readonly document: DocumentState;
  readonly client: CollaborationClient;
  readonly connection: ConnectionState;
} {
  const client = useShared(`document ${sessionId} ${role ?? ''} ${contextId ?? ''}`, (options) => {
    const asked = { ...(role && { role }), ...(contextId && { contextId }) };
    return new CollaborationClient(sessionId, { ...options, ...asked });
  });
  return { document: useStore(client.document), client, connection: useConnection(client) };
}
