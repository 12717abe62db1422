import { Store } from '@quintet/client';
import { act, cleanup, render } from '@testing-library/react';
import { Profiler, useLayoutEffect } from 'react';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { useStore } from '../src/index.js';

beforeAll(() => {
  // One clock for all tests, for what a page remembers of its last frame.
  vi.useFakeTimers({ toFake: ['setTimeout', 'requestAnimationFrame', 'performance'] });
});
afterEach(cleanup);
afterAll(() => {
  vi.useRealTimers();
});

/** Two components, each with a store of its own; what comes back counts what React committed. */
function shown(one: Store<number>, other: Store<number>) {
  let commits = 0;
  const Shown = ({ store }: { store: Store<number> }) => <p>{useStore(store)}</p>;
  const { container } = render(
    <Profiler id="page" onRender={() => (commits += 1)}>
      <Shown store={one} />
      <Shown store={other} />
    </Profiler>,
  );
  return { container, commits: () => commits };
}

it('a page renders twenty times a second at most, and once for all its stores', async () => {
  const [one, other] = [new Store(0), new Store(0)];
  const { container, commits } = shown(one, other);
  // Five hundred changes of each in a second.
  for (let nth = 1; nth <= 500; nth += 1) {
    one.update(() => nth);
    other.update(() => -nth);
    await act(() => vi.advanceTimersByTimeAsync(2));
  }
  expect(commits()).toBeGreaterThan(10);
  expect(commits()).toBeLessThanOrEqual(20);
  await act(() => vi.advanceTimersByTimeAsync(100));
  expect(container.textContent).toBe('500-500');
});

it('what changes after a while is there with the next frame', async () => {
  const store = new Store(0);
  const { container } = shown(store, new Store(0));
  for (const value of [1, 2]) {
    await act(() => vi.advanceTimersByTimeAsync(1_000));
    store.update(() => value);
    await act(() => vi.advanceTimersByTimeAsync(17));
    expect(container.textContent).toBe(`${value}0`);
  }
});

it('a store that changes while a page renders does not have it render again at once', async () => {
  const store = new Store(0);
  let commits = 0;
  const Shown = () => {
    const value = useStore(store);
    useLayoutEffect(() => {
      commits += 1;
      store.update((now) => now + 1);
    });
    return <p>{value}</p>;
  };
  render(<Shown />);
  for (let nth = 0; nth < 500; nth += 1) await act(() => vi.advanceTimersByTimeAsync(2));
  expect(commits).toBeGreaterThan(10);
  expect(commits).toBeLessThanOrEqual(21);
});
