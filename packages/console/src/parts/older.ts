import { useRef } from 'react';
import { tell } from './fault.js';

/** What reads the page of messages before the oldest one, one at a time, as long as there is one. */
export function useOlder(
  client: { loadOlder: () => Promise<boolean> },
  hasOlder: boolean,
): () => void {
  const isReading = useRef(false);
  return () => {
    if (isReading.current || !hasOlder) return;
    isReading.current = true;
    client
      .loadOlder()
      .catch(tell)
      .finally(() => {
        isReading.current = false;
      });
  };
}
