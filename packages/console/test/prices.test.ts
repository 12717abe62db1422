import { afterEach, expect, it, vi } from 'vitest';
import { type Line, PRICES_MAX, continued, pricesOf } from '../src/pages/deals/line.js';
import { Pace } from '../src/pages/deals/pace.js';

const EMPTY: Line = { read: undefined, told: [] };

it('a line goes on with what is told, and repeats nothing that was read', () => {
  let line = EMPTY;
  for (const price of [50, 50, 40]) line = continued(line, undefined, price);
  expect(pricesOf(line)).toEqual([50, 40]);
  const read = [80, 50, 40];
  line = continued(line, read, 40);
  expect(pricesOf(line)).toEqual([80, 50, 40]);
  expect(continued(line, read, 40)).toBe(line);
  for (const price of [30, 40]) line = continued(line, read, price);
  expect(pricesOf(line)).toEqual([80, 50, 40, 30, 40]);
});

it('what was read behind the last one that was told is not lost', () => {
  const line = continued(continued(EMPTY, undefined, 50), [80, 50, 40], 40);
  expect(pricesOf(line)).toEqual([80, 50, 40]);
});

it('a line has a bound', () => {
  let line = EMPTY;
  for (let price = 0; price < 100; price += 1) line = continued(line, undefined, price);
  expect(pricesOf(line)).toHaveLength(PRICES_MAX);
  expect(pricesOf(line).at(-1)).toBe(99);
});

afterEach(() => {
  vi.useRealTimers();
});

it('some have their turn at once, the others one by one, and who has left has none', async () => {
  vi.useFakeTimers();
  const pace = new Pace(2, 250);
  const taken: number[] = [];
  const gone = new AbortController();
  const wait = (nth: number, signal = new AbortController().signal) =>
    pace.turn(signal).then(
      () => taken.push(nth),
      () => taken.push(-nth),
    );
  for (const nth of [1, 2]) void wait(nth);
  void wait(3, gone.signal);
  for (const nth of [4, 5]) void wait(nth);
  await vi.advanceTimersByTimeAsync(0);
  expect(taken).toEqual([1, 2]);
  gone.abort();
  await vi.advanceTimersByTimeAsync(250);
  expect(taken).toEqual([1, 2, -3, 4]);
  await vi.advanceTimersByTimeAsync(250);
  expect(taken).toEqual([1, 2, -3, 4, 5]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(vi.getTimerCount()).toBe(0);
});
