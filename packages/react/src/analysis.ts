import { AnalysisClient, type Interview, type Progress } from '@quintet/client/analysis';
import type { ConnectionState } from '@quintet/client';
import { useConnection } from './connection.js';
import { useHeld } from './held.js';
import { useShared } from './provider.js';
import { useStore } from './store.js';

const useClient = (): AnalysisClient =>
  useShared('analysis', (options) => new AnalysisClient(options));

/** How far an analysis is, while it is watched; `error` where it cannot be. */
export function useAnalysis(analysisId: string): {
  readonly progress: Progress | undefined;
  readonly error: unknown;
  readonly connection: ConnectionState;
} {
  const client = useClient();
  const error = useHeld(client, analysisId, watch);
  const progress = useStore(client.analyses).get(analysisId);
  const connection = useConnection(client);
  return { progress, error, connection };
}

async function watch(client: AnalysisClient, analysisId: string) {
  await client.subscribe(analysisId);
  return () => client.unsubscribe(analysisId);
}

/** The interview that is held, and what can be done in it. */
export function useInterview(): {
  readonly interview: Interview | undefined;
  readonly client: AnalysisClient;
  readonly connection: ConnectionState;
} {
  const client = useClient();
  return { interview: useStore(client.interview), client, connection: useConnection(client) };
}
