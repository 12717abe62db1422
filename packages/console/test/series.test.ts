import { expect, it } from 'vitest';
import { rolled } from '../src/pages/class/series.js';

const range = { window: 3, step: 1, from: 10, to: 16 };

it('a stored series becomes what the window said at each step', () => {
  const steps = [
    { at: 10, value: 2, count: 2 },
    { at: 12, value: 1, count: 1 },
  ];
  expect(rolled(steps, 'count', range)).toEqual([
    [10, 0],
    [11, 2],
    [12, 2],
    [13, 3],
    [14, 1],
    [15, 1],
    [16, 0],
  ]);
});

it('a mean weighs each step by its events, and is nothing where there were none', () => {
  const steps = [
    { at: 10, value: 50, count: 1 },
    { at: 11, value: 90, count: 3 },
  ];
  expect(rolled(steps, 'mean', range).map(([, value]) => value)).toEqual([
    null,
    50,
    80,
    80,
    90,
    null,
    null,
  ]);
});

it('nothing is drawn of the time before the first event', () => {
  expect(rolled([], 'count', range)).toEqual([]);
  const steps = [{ at: 14, value: 1, count: 1 }];
  expect(rolled(steps, 'count', range)[0]).toEqual([14, 0]);
});
