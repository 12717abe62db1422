import { useCallback, useSyncExternalStore } from 'react';

/** Something with a value that is replaced when it changes. */
interface Watched<Value> {
  readonly value: Value;
  onChange(listener: () => void): () => void;
}

/** Where frames are not drawn (a page in the background draws none), so many milliseconds stand for one. */
const FRAME = 16;

/**
 * The value of a store. However often it changes, a component renders once a frame at most: what comes
 * between is seen with the next frame.
 */
export function useStore<Value>(store: Watched<Value>): Value {
  const subscribe = useCallback((notify: () => void) => eachFrame(store, notify), [store]);
  const read = () => store.value;
  return useSyncExternalStore(subscribe, read, read);
}

function eachFrame(store: Watched<unknown>, notify: () => void): () => void {
  let cancel: (() => void) | undefined;
  const remove = store.onChange(() => {
    cancel ??= nextFrame(() => {
      cancel = undefined;
      notify();
    });
  });
  return () => {
    remove();
    cancel?.();
  };
}

function nextFrame(run: () => void): () => void {
  const isDrawn = typeof document !== 'undefined' && document.visibilityState === 'visible';
  if (isDrawn && typeof requestAnimationFrame === 'function') {
    const frame = requestAnimationFrame(run);
    return () => cancelAnimationFrame(frame);
  }
  const timer = setTimeout(run, FRAME);
  return () => clearTimeout(timer);
}
