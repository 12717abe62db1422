import type { Elapsed } from '@quintet/client/analysis';
import { useEffect, useState } from 'react';

/** How often it is looked whether a second has passed: milliseconds. */
const LOOK_EVERY = 250;

/** What a question's time does: it runs, it rests with the interview, or it stands while an answer is judged. */
export type Pace = 'runs' | 'rests' | 'stands';

/** The seconds that a question has taken, by what the server said last. */
export function useSeconds({ milliseconds, asOf }: Elapsed, pace: Pace): number {
  const [seconds, setSeconds] = useState(() => secondsOf(milliseconds, asOf, pace));
  useEffect(() => {
    if (pace === 'stands') return undefined;
    const look = () => setSeconds(secondsOf(milliseconds, asOf, pace));
    look();
    if (pace === 'rests') return undefined;
    const timer = setInterval(look, LOOK_EVERY);
    return () => clearInterval(timer);
  }, [milliseconds, asOf, pace]);
  return seconds;
}

function secondsOf(milliseconds: number, asOf: number, pace: Pace): number {
  const since = pace === 'rests' ? 0 : Math.max(0, Date.now() - asOf);
  return Math.floor((milliseconds + since) / 1000);
}

/** Minutes and seconds, as a clock shows them. */
export function clockFace(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}
