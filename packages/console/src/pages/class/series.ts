import type { Point } from '../../parts/chart.js';

/** What happened in one step of the stored series; steps in which nothing did are not in it. */
export interface Step {
  /** When it began: seconds since the epoch. */
  readonly at: number;
  readonly value: number | null;
  /** How many events were in it. */
  readonly count: number;
}

/** How the value of now, which is of a window that ends now, is made of the steps in the window. */
export type Rolling = 'count' | 'mean';

/**
 * What a metric would have said at each step from `from` to `to` (seconds). The server keeps what happened in each
 * step, and tells the value of a whole window: one line can only be drawn of the same thing.
 */
export function rolled(
  steps: readonly Step[],
  how: Rolling,
  { window, step, from, to }: Readonly<Record<'window' | 'step' | 'from' | 'to', number>>,
): Point[] {
  const points: Point[] = [];
  let [head, tail, count, sum] = [0, 0, 0, 0];
  for (let at = from; at <= to; at += step) {
    for (let next = steps[head]; next !== undefined && next.at < at; next = steps[++head]) {
      count += next.count;
      sum += (next.value ?? 0) * next.count;
    }
    for (
      let next = steps[tail];
      next !== undefined && next.at < at - window;
      next = steps[++tail]
    ) {
      count -= next.count;
      sum -= (next.value ?? 0) * next.count;
    }
    points.push([at, how === 'count' ? count : count === 0 ? null : sum / count]);
  }
  // Before the first event nothing was there to be told of.
  const begin = points.findIndex(([at]) => (steps[0]?.at ?? Infinity) <= at);
  return begin === -1 ? [] : points.slice(begin);
}
