/** How long it may be silent before a sign of life is asked for, and how long that may take: milliseconds. */
const SILENT_FOR = 25_000;
const SIGN_WITHIN = 10_000;
/** How often the silence is looked at. */
const LOOK_EVERY = 5_000;

/**
 * Whether the other side is still there: a connection whose network is gone looks open for minutes.
 *
 * A page that was frozen finds its timers before what the network brought meanwhile: then a sign has until
 * the next look.
 */
export class SignsOfLife {
  readonly #ask: () => boolean;
  readonly #onDead: () => void;
  #heardAt = 0;
  #askedAt: number | undefined;
  #lookedAt = 0;
  #isSpared = false;
  #looking: ReturnType<typeof setInterval> | undefined;

  /** `ask` says whether a sign could be asked for; `onDead` is told once that none came. */
  constructor(ask: () => boolean, onDead: () => void) {
    this.#ask = ask;
    this.#onDead = onDead;
  }

  /** Looks from now on. */
  begin(): void {
    this.end();
    this.heard();
    this.#lookedAt = Date.now();
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY);
  }

  end(): void {
    clearInterval(this.#looking);
  }

  /** Something came. */
  heard(): void {
    this.#heardAt = Date.now();
    this.#askedAt = undefined;
    this.#isSpared = false;
  }

  /** Asks now, unless that was done. */
  ask(): void {
    if (this.#askedAt === undefined && this.#ask()) this.#askedAt = Date.now();
  }

  #look(): void {
    const now = Date.now();
    const wasFrozen = now - this.#lookedAt > 2 * LOOK_EVERY;
    this.#lookedAt = now;
    if (this.#askedAt === undefined || now - this.#askedAt < SIGN_WITHIN) {
      if (now - this.#heardAt >= SILENT_FOR) this.ask();
    } else if (wasFrozen && !this.#isSpared) {
      this.#isSpared = true;
    } else {
      this.end();
      this.#onDead();
    }
  }
}
