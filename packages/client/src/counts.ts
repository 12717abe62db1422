/** How often something is wanted: several parts of a page may want the same. */
export class Counts {
  readonly #counts = new Map<string, number>();

  /** What is wanted at least once. */
  get all(): string[] {
    return [...this.#counts.keys()];
  }

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  /** One more wants it; whether that is the first one. */
  add(name: string): boolean {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count === 0;
  }

  /** One less wants it; whether that was the last one. */
  remove(name: string): boolean {
    const count = this.#counts.get(name) ?? 0;
    if (count > 1) this.#counts.set(name, count - 1);
    else this.#counts.delete(name);
    return count === 1;
  }

  /** Nobody wants it any more. */
  clear(name: string): void {
    this.#counts.delete(name);
  }
}
