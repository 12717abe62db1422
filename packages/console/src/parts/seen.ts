import { withNextFrame } from '@quintet/react';
import { useEffect, useRef, useState } from 'react';

/** So far outside of the window it counts as seen. */
const MARGIN = '200px';

const waiting = new Map<Element, () => void>();
let observer: IntersectionObserver | undefined;

/** Whether an element was in the window since it is there. One observer watches all of them: they render together, with what was told. */
export function useSeen<Seen extends Element>() {
  const ref = useRef<Seen>(null);
  const [wasSeen, setWasSeen] = useState(false);
  useEffect(() => {
    const { current } = ref;
    if (current === null || wasSeen) return undefined;
    observer ??= new IntersectionObserver(tell, { rootMargin: MARGIN });
    waiting.set(current, () => setWasSeen(true));
    observer.observe(current);
    return () => {
      waiting.delete(current);
      observer?.unobserve(current);
    };
  }, [wasSeen]);
  return { ref, wasSeen };
}

function tell(entries: readonly IntersectionObserverEntry[]): void {
  const seen = entries.filter(({ isIntersecting }) => isIntersecting);
  if (seen.length === 0) return;
  withNextFrame(() => {
    for (const { target } of seen) waiting.get(target)?.();
  });
}
