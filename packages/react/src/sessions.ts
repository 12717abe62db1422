import type { ConnectionState } from '@quintet/client';
import { type AgentSession, SessionsClient } from '@quintet/client/sessions';
import { useConnection } from './connection.js';
import { useShared } from './provider.js';
import { useStore } from './store.js';

/** A session with an agent. */
export function useAgentSession(sessionId: string): {
  readonly session: AgentSession;
  readonly client: SessionsClient;
  readonly connection: ConnectionState;
} {
  const client = useShared(
    `session ${sessionId}`,
    (options) => new SessionsClient(sessionId, options),
  );
  return { session: useStore(client.session), client, connection: useConnection(client) };
}
