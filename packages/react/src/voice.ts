import type { ConnectionState } from '@quintet/client';
import { InterviewAssistantClient, type VoiceSession } from '@quintet/client/voice';
import { useConnection } from './connection.js';
import { useHeld } from './held.js';
import { useShared } from './provider.js';
import { useStore } from './store.js';

/** A voice session, while it is joined; `error` where it cannot be. */
export function useVoiceSession(sessionId: string): {
  readonly session: VoiceSession;
  readonly error: unknown;
  readonly client: InterviewAssistantClient;
  readonly connection: ConnectionState;
} {
  const client = useShared(
    `voice ${sessionId}`,
    (options) => new InterviewAssistantClient(options),
  );
  const error = useHeld(client, sessionId, join);
  return { session: useStore(client.session), error, client, connection: useConnection(client) };
}

async function join(client: InterviewAssistantClient, sessionId: string) {
  await client.join(sessionId);
  return () => client.leave();
}
