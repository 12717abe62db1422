import { expect, it, vi } from 'vitest';
import { Snapshots } from '../src/store.js';

it('a collection is copied when it is read, not when it changes', () => {
  const all = new Set<number>();
  const take = vi.fn(() => new Set(all));
  const snapshots = new Snapshots(take);
  const told = vi.fn();
  const remove = snapshots.onChange(told);
  for (let nth = 0; nth < 500; nth += 1) {
    all.add(nth);
    snapshots.changed();
  }
  expect(told).toHaveBeenCalledTimes(500);
  const { value } = snapshots;
  expect(value.size).toBe(500);
  expect(snapshots.value).toBe(value);
  expect(take).toHaveBeenCalledTimes(1);

  all.add(500);
  remove();
  snapshots.changed();
  expect(value.size).toBe(500);
  expect(snapshots.value.size).toBe(501);
  expect(told).toHaveBeenCalledTimes(500);
});
