import { STABLE_AFTER } from './backoff.js';
import { type Ending, type Sequel, sequel } from './ending.js';

/** What a connection remembers from dial to dial, for what to do once it has ended. Times are milliseconds. */
export class Comeback {
  /** What the server's last refusal for going too fast asked for. */
  retryAfter: number | undefined;
  readonly #random: () => number;
  #attempts = 0;
  #lostAt: number | undefined;
  #lastReason = '';

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The number of the next dial, from 1, since the connection last held. */
  get attempt(): number {
    return this.#attempts + 1;
  }

  /** It is begun at somebody's wish. */
  begin(): void {
    this.#attempts = 0;
    this.#lastReason = '';
    this.#lostAt = undefined;
    this.retryAfter = undefined;
  }

  /** It dials; the number of that. */
  dials(): number {
    this.#attempts += 1;
    return this.#attempts;
  }

  /** It has ended, after it was open from `openedAt` on, if it was: what follows. */
  after(ending: Ending, openedAt: number | undefined): Sequel {
    const now = Date.now();
    if (openedAt !== undefined && now - openedAt >= STABLE_AFTER) this.begin();
    this.#lostAt ??= now;
    const isAgain = ending.code === 1008 && ending.reason === this.#lastReason;
    this.#lastReason = ending.code === 1008 ? ending.reason : '';
    const { retryAfter } = this;
    this.retryAfter = undefined;
    return sequel(ending, {
      outage: now - this.#lostAt,
      random: this.#random(),
      retryAfter,
      isExpiredAgain: isAgain,
      isFullAgain: isAgain,
    });
  }
}
