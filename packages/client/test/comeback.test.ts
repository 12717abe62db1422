import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Comeback } from '../src/comeback.js';

const LOST = { code: 1006, reason: '' };
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The longest wait after an end, where it was open for so many milliseconds before. */
function waits(comeback: Comeback, openFor: number | undefined): number {
  const sequel = comeback.after(LOST, openFor === undefined ? undefined : Date.now() - openFor);
  if (sequel.kind !== 'dial') throw new Error('it stays away');
  return sequel.after;
}

it('an outage counts from its beginning, over connections that do not hold', () => {
  const comeback = new Comeback(() => 1);
  expect(waits(comeback, 60_000)).toBe(500);
  vi.advanceTimersByTime(10_000);
  expect(waits(comeback, undefined), 'six tenths of it').toBe(6_000);
  vi.advanceTimersByTime(10_000);
  expect(waits(comeback, 9_999), 'not even ten seconds').toBe(12_000);
  expect(comeback.dials()).toBe(1);
  expect(comeback.dials()).toBe(2);
});

it('ten seconds of an open connection begin the wait anew', () => {
  const comeback = new Comeback(() => 1);
  waits(comeback, undefined);
  vi.advanceTimersByTime(30_000);
  expect(waits(comeback, undefined)).toBe(18_000);
  comeback.dials();
  vi.advanceTimersByTime(10_000);
  expect(waits(comeback, 10_000)).toBe(500);
  expect(comeback.attempt).toBe(1);
});
