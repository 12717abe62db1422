import { Refusal } from './fault.js';
import { claims } from './socket.js';

/** How long before its end a token is renewed; one with little left, at half of that. Milliseconds. */
const RENEW_BEFORE = 30_000;
/** The shortest wait, and that of a token which by this clock, but not by the server's, has run out. */
const WAIT_MIN = 5_000;
const WAIT_BY_WRONG_CLOCK = 60_000;
/** The longest time that a timer can be set to. */
export const TIMER_MAX = 2_147_483_647;

/**
 * Renews the token of an open connection before it runs out.
 *
 * Where that fails because there is no fresh token yet it is tried again; where the server refuses it, the
 * connection ends with the old one, and the next one begins with a fresh one.
 */
export class Renewal {
  readonly #renew: () => Promise<string>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts beginnings; what belongs to an older one is let be. */
  #number = 0;

  /** `renew` gets a token, gives it to the server, and resolves with it. */
  constructor(renew: () => Promise<string>) {
    this.#renew = renew;
  }

  /** A token that runs out then is in use; a time that is not known is not waited for. */
  begin(expiresAt: number | undefined): void {
    this.end();
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    const after =
      left <= 0 ? WAIT_BY_WRONG_CLOCK : Math.max(left - RENEW_BEFORE, left / 2, WAIT_MIN);
    if (after > TIMER_MAX) return;
    const number = this.#number;
    this.#timer = setTimeout(() => void this.#try(number, expiresAt), after);
  }

  end(): void {
    this.#number += 1;
    clearTimeout(this.#timer);
  }

  async #try(number: number, before: number): Promise<void> {
    let expiresAt: number | undefined = before;
    try {
      expiresAt = claims(await this.#renew()).expiresAt;
    } catch (error) {
      if (error instanceof Refusal) return;
    }
    if (number === this.#number) this.begin(expiresAt);
  }
}
