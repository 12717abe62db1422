/** Milliseconds between two renders of what was told: twenty a second look live, and leave time for what somebody does. */
export const BETWEEN = 50;

/** Where frames are not drawn (a page in the background draws none), so many milliseconds stand for one. */
const FRAME = 16;

const waiting = new Set<() => void>();
let isAsked = false;
let last = Number.NEGATIVE_INFINITY;

/**
 * Runs `run` with the next frame, or with the first one that is {@link BETWEEN} after the last that something
 * ran with: together with all that waits then, so that React renders a page once for all its stores. What comes
 * back takes it out again.
 */
export function withNextFrame(run: () => void): () => void {
  waiting.add(run);
  ask();
  return () => waiting.delete(run);
}

function ask(): void {
  if (isAsked) return;
  isAsked = true;
  const left = last + BETWEEN - performance.now();
  if (left > 0) setTimeout(() => nextFrame(runAll), left);
  else nextFrame(runAll);
}

function runAll(): void {
  isAsked = false;
  last = performance.now();
  const all = [...waiting];
  waiting.clear();
  for (const run of all) run();
}

function nextFrame(run: () => void): void {
  const isDrawn = typeof document !== 'undefined' && document.visibilityState === 'visible';
  if (isDrawn && typeof requestAnimationFrame === 'function') requestAnimationFrame(run);
  else setTimeout(run, FRAME);
}
