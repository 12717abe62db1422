import { type TextProps, Text } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';

const DAY = 86_400_000;
const CLOCK = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const MOMENT = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'short' });
const WHOLE = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'long' });
const DATE = new Intl.DateTimeFormat([], { weekday: 'long', day: 'numeric', month: 'long' });
const OLD_DATE = new Intl.DateTimeFormat([], { dateStyle: 'long' });
const RELATIVE = new Intl.RelativeTimeFormat([], { numeric: 'auto', style: 'short' });

/** A time as it is told of: ISO 8601, or milliseconds since the epoch. */
export type Time = string | number;

/** The day and the minute, as this browser writes them. */
export function moment(at: Time): string {
  return MOMENT.format(new Date(at));
}

/** The minute of its day. */
export const clock = (at: Time): string => CLOCK.format(new Date(at));

/** The whole of a time, with its zone. */
export const whole = (at: Time): string => WHOLE.format(new Date(at));

/** How long ago something was, in words; the day, once that is a week. */
export function ago(at: Time, now: number): string {
  const passed = Math.max(0, now - new Date(at).getTime());
  const minutes = Math.floor(passed / 60_000);
  if (minutes < 60) return RELATIVE.format(-minutes, 'minute');
  if (passed < DAY) return RELATIVE.format(-Math.floor(minutes / 60), 'hour');
  if (passed < 7 * DAY) return RELATIVE.format(-Math.floor(passed / DAY), 'day');
  return moment(at);
}

/** The day something was on: today and yesterday by their names. */
export function dayOf(at: Time, now: number): string {
  const date = new Date(at);
  const days = Math.round((midnight(now) - midnight(date.getTime())) / DAY);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat([], { numeric: 'auto' }).format(-days, 'day');
    return word.replace(/^./u, (letter) => letter.toUpperCase());
  }
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? DATE : OLD_DATE).format(date);
}

/** Whether two times are of one day, where the reader is. */
export function isSameDay(one: Time, other: Time): boolean {
  return midnight(new Date(one).getTime()) === midnight(new Date(other).getTime());
}

const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0);

/** How often what says how long ago something was is said anew: milliseconds. */
const TICK = 20_000;
const listeners = new Set<() => void>();
let now = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;

/** One timer for all that is on the page. */
function onTick(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The time it is, some seconds behind; it is another one every twenty. */
export function useNow(): number {
  return useSyncExternalStore(onTick, () => now);
}

/** A time: of the clock, with its day, or how long ago it was; the whole of it with its zone on hovering. */
export function When({
  at,
  as = 'moment',
  ...look
}: TextProps & { readonly at: Time; readonly as?: 'clock' | 'moment' | 'ago' }): ReactNode {
  return (
    <Text
      size="xs"
      c="dimmed"
      component="time"
      style={{ whiteSpace: 'nowrap' }}
      dateTime={new Date(at).toISOString()}
      title={whole(at)}
      {...look}
    >
      {as === 'ago' ? <Ago at={at} /> : as === 'clock' ? clock(at) : moment(at)}
    </Text>
  );
}

function Ago({ at }: { readonly at: Time }): ReactNode {
  return ago(at, useNow());
}
