/** How long to wait before the next dial. Times are milliseconds. */
export interface Backoff {
  /** The longest first wait. */
  readonly first: number;
  /** The longest wait of all. */
  readonly longest: number;
}

/** Half a second to half a minute. */
export const BACKOFF: Backoff = { first: 500, longest: 30_000 };

/** A connection that held so long begins anew with the first wait. */
export const STABLE_AFTER = 10_000;

/** The longest wait, as a part of the outage so far. */
const PART_OF_OUTAGE = 0.6;

/**
 * A random wait from 0 to a bound that grows with the outage ("full jitter": clients that lost the same
 * server do not come back at the same moment). The bound is a part of the time that has passed since the
 * connection was lost, so that it grows exponentially from dial to dial, and so that whoever was away for
 * three seconds is back within two of the server's return.
 *
 * @param outage since the connection was lost
 * @param random from 0 (inclusive) to 1
 */
export function wait(outage: number, random: number, { first, longest } = BACKOFF): number {
  const bound = Math.min(longest, Math.max(first, outage * PART_OF_OUTAGE));
  return Math.round(bound * random);
}
