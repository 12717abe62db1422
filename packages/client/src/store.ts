import { Listeners } from './listeners.js';

/**
 * A value that is replaced, never changed: whoever compares what they have with what is there sees
 * whether it is another (as React's `useSyncExternalStore` does).
 */
export class Store<Value> {
  readonly #changes = new Listeners<void>();
  #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  /** Replaces the value by what `change` makes of it; the same one is no change. */
  update(change: (value: Value) => Value): void {
    const next = change(this.#value);
    if (next === this.#value) return;
    this.#value = next;
    this.#changes.tell();
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }
}

/**
 * A value that is taken anew when it is read after a change: for collections of which one entry after the other
 * changes, and which would be copied for each.
 */
export class Snapshots<Value> {
  readonly #changes = new Listeners<void>();
  readonly #take: () => Value;
  #value: Value | undefined;

  constructor(take: () => Value) {
    this.#take = take;
  }

  /** The same one until something changes. */
  get value(): Value {
    this.#value ??= this.#take();
    return this.#value;
  }

  /** What it is taken from has changed. */
  changed(): void {
    this.#value = undefined;
    this.#changes.tell();
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }
}
