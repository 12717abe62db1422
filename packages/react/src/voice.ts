import type { ConnectionState } from '@quintet/client';
import { InterviewAssistantClient, type VoiceSession } from '@quintet/client/voice';
import { useEffect, useState } from 'react';
import { useConnection } from './connection.js';
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
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    setError(undefined);
    let isJoined = true;
    client.join(sessionId).catch((reason: unknown) => isJoined && setError(reason));
    return () => {
      isJoined = false;
      client.leave().catch(() => {});
    };
  }, [client, sessionId]);
  return { session: useStore(client.session), error, client, connection: useConnection(client) };
}
