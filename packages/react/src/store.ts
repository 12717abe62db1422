import { useCallback, useSyncExternalStore } from 'react';
import { withNextFrame } from './frames.js';

/** Something with a value that is replaced when it changes. */
interface Watched<Value> {
  readonly value: Value;
  onChange(listener: () => void): () => void;
}

/**
 * The value of a store. However often it changes, a page renders twenty times a second at most, and once for
 * all stores that have changed: what comes between is seen with the next time.
 */
export function useStore<Value>(store: Watched<Value>): Value {
  const subscribe = useCallback((notify: () => void) => eachFrame(store, notify), [store]);
  const read = () => store.value;
  return useSyncExternalStore(subscribe, read, read);
}

function eachFrame(store: Watched<unknown>, notify: () => void): () => void {
  let cancel: (() => void) | undefined;
  const remove = store.onChange(() => {
    cancel ??= withNextFrame(() => {
      cancel = undefined;
      notify();
    });
  });
  return () => {
    remove();
    cancel?.();
  };
}
