import { useEffect, useState } from 'react';

/** The server pauses an interview so long after its page has gone: milliseconds. */
const GONE_AFTER = 60_000;

/** How long a question has taken, over reloads of this tab. */
interface Kept {
  /** Milliseconds before `since`. */
  readonly spent: number;
  /** When it began to run; it stands where there is none. */
  readonly since?: number;
  /** When this page last looked. */
  readonly seen: number;
}

/** The seconds that a question has taken so far; they stand while it does not run. */
export function useSeconds(sessionId: string, questionId: string, isRunning: boolean): number {
  const key = `quintet.clock.${sessionId}.${questionId}`;
  const [milliseconds, setMilliseconds] = useState(() => spentIn(read(key), Date.now()));
  useEffect(() => {
    const look = () => {
      const now = Date.now();
      const clock = isRunning ? running(read(key), now) : stopped(read(key), now);
      sessionStorage.setItem(key, JSON.stringify(clock));
      setMilliseconds(spentIn(clock, now));
    };
    look();
    if (!isRunning) return undefined;
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, [key, isRunning]);
  return Math.floor(milliseconds / 1000);
}

/** A question that was answered needs no clock. */
export function forgetClock(sessionId: string, questionId: string): void {
  sessionStorage.removeItem(`quintet.clock.${sessionId}.${questionId}`);
}

function read(key: string): Kept {
  const text = sessionStorage.getItem(key);
  return text === null ? { spent: 0, seen: Date.now() } : (JSON.parse(text) as Kept);
}

function spentIn({ spent, since }: Kept, now: number): number {
  return spent + (since === undefined ? 0 : Math.max(0, now - since));
}

function running({ spent, since }: Kept, now: number): Kept {
  return { spent, since: since ?? now, seen: now };
}

/** Where the page was gone for long, the server stopped it meanwhile. */
function stopped(clock: Kept, now: number): Kept {
  const { since, seen } = clock;
  if (since === undefined) return { spent: clock.spent, seen: now };
  return { spent: spentIn(clock, Math.min(now, seen + GONE_AFTER)), seen: now };
}

/** Minutes and seconds, as a clock shows them. */
export function clockFace(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}
