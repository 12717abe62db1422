/** Turns that are taken: some at once, then one after the other. Who waits stands in a queue, and may leave it. */
export class Pace {
  readonly #atOnce: number;
  readonly #every: number;
  #taken = 0;
  readonly #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `atOnce` turns, of which one comes back each `every` milliseconds. */
  constructor(atOnce: number, every: number) {
    this.#atOnce = atOnce;
    this.#every = every;
  }

  /** Resolves when it is one's turn; rejects where the signal is given before. */
  turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Error('No longer wanted'));
      if (this.#taken < this.#atOnce) {
        this.#take();
        return resolve();
      }
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => {
        if (this.#waiting.delete(resolve)) reject(new Error('No longer wanted'));
      });
    });
  }

  #take(): void {
    this.#taken += 1;
    this.#timer ??= setInterval(() => this.#giveBack(), this.#every);
  }

  #giveBack(): void {
    this.#taken -= 1;
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#taken += 1;
      next();
    } else if (this.#taken === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
