import { useSyncExternalStore } from 'react';
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
  const { subscribe, read } = framed(store);
  return useSyncExternalStore(subscribe, read, read);
}

const all = new WeakMap<Watched<unknown>, Framed<unknown>>();

function framed<Value>(store: Watched<Value>): Framed<Value> {
  const known = all.get(store) as Framed<Value> | undefined;
  if (known !== undefined) return known;
  const made = new Framed(store);
  all.set(store, made);
  return made;
}

/**
 * A store as it was when it last ran with a frame. React looks whether a store has changed after each render too, and
 * would render again at once: between two frames none has.
 */
class Framed<Value> {
  readonly #store: Watched<Value>;
  readonly #listeners = new Set<() => void>();
  #value: Value;
  #end = (): void => {};

  constructor(store: Watched<Value>) {
    this.#store = store;
    this.#value = store.value;
  }

  /** Where nobody listens yet it is the store's own. */
  readonly read = (): Value => (this.#listeners.size === 0 ? this.#store.value : this.#value);

  readonly subscribe = (listener: () => void): (() => void) => {
    if (this.#listeners.size === 0) this.#begin();
    // The same function may come twice.
    const notify = (): void => listener();
    this.#listeners.add(notify);
    return () => {
      if (this.#listeners.delete(notify) && this.#listeners.size === 0) this.#end();
    };
  };

  #begin(): void {
    this.#value = this.#store.value;
    let cancel: (() => void) | undefined;
    const remove = this.#store.onChange(() => {
      cancel ??= withNextFrame(() => {
        cancel = undefined;
        this.#value = this.#store.value;
        for (const notify of this.#listeners) notify();
      });
    });
    this.#end = () => {
      remove();
      cancel?.();
    };
  }
}
