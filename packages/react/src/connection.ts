import type { ConnectionState } from '@quintet/client';
import { useMemo } from 'react';
import { useStore } from './store.js';

/** What a client's connection is doing. */
export function useConnection(client: {
  readonly state: ConnectionState;
  onStateChange(listener: () => void): () => void;
}): ConnectionState {
  const store = useMemo(
    () => ({
      get value() {
        return client.state;
      },
      onChange: (listener: () => void) => client.onStateChange(listener),
    }),
    [client],
  );
  return useStore(store);
}
