/** Functions that are told of something. One that throws does not keep the others from hearing. */
export class Listeners<Event> {
  readonly #all = new Set<(event: Event) => void>();

  /** Adds a listener; what comes back takes it away again. */
  add(listener: (event: Event) => void): () => void {
    // A function that is added twice is told twice, and taken away one at a time.
    const own = (event: Event) => listener(event);
    this.#all.add(own);
    return () => this.#all.delete(own);
  }

  tell(event: Event): void {
    for (const listener of [...this.#all]) {
      // One that another one took away meanwhile.
      if (!this.#all.has(listener)) continue;
      try {
        listener(event);
      } catch (error) {
        // As an error of the page's own: it is reported, and nothing else stops.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
