import { act, cleanup, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, it, vi } from 'vitest';
import { useHeld } from '../src/held.js';
import { QuintetProvider, useChat, useNotifications, useRoom } from '../src/index.js';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** Something that is held as often as it was asked for and not let go; some of it is refused. */
function ground() {
  const held = new Map<string, number>();
  const count = (name: string, by: number) => void held.set(name, (held.get(name) ?? 0) + by);
  const hold = async (_: object, wish: string) => {
    await Promise.resolve();
    if (wish.startsWith('no')) throw new Error(wish);
    count(wish, 1);
    return async () => {
      await Promise.resolve();
      count(wish, -1);
    };
  };
  return { held, hold };
}

it('what is wished for is held once, through strict mode, other wishes and the end', async () => {
  const { held, hold } = ground();
  const client = {};
  const { result, rerender, unmount } = renderHook(({ wish }) => useHeld(client, wish, hold), {
    wrapper: StrictMode,
    initialProps: { wish: 'a' },
  });
  await act(async () => {});
  expect(Object.fromEntries(held)).toEqual({ a: 1 });
  rerender({ wish: 'no b' });
  // The error of one wish is never shown for another.
  expect(result.current).toBeUndefined();
  await act(async () => {});
  expect(result.current).toMatchObject({ message: 'no b' });
  rerender({ wish: 'c' });
  expect(result.current).toBeUndefined();
  await act(async () => {});
  expect(Object.fromEntries(held)).toEqual({ a: 0, c: 1 });
  unmount();
  await act(async () => {});
  expect(Object.fromEntries(held)).toEqual({ a: 0, c: 0 });
});

it('one that goes before it is held lets go once it is', async () => {
  const { held, hold } = ground();
  const { unmount } = renderHook(() => useHeld({}, 'a', hold));
  unmount();
  await act(async () => {});
  expect(held.get('a')).toBe(0);
});

const Wrapper = ({ children }: { children: React.ReactNode }) => (
  <QuintetProvider url="http://127.0.0.1:9" token={() => 'x.y.z'}>
    {children}
  </QuintetProvider>
);

it('what is given back stays the same as long as nothing changes', () => {
  const hook = renderHook(() => ({ mail: useNotifications(), room: useRoom('r') }), {
    wrapper: Wrapper,
  });
  const before = hook.result.current;
  hook.rerender();
  expect(hook.result.current.mail).toBe(before.mail);
  expect(hook.result.current.room.send).toBe(before.room.send);
});

it('a page is rendered on a server without connecting', () => {
  const dialled = vi.fn();
  vi.stubGlobal('WebSocket', dialled);
  const Messages = () => <p>{useChat('math').connection.status}</p>;
  const html = renderToString(
    <Wrapper>
      <Messages />
    </Wrapper>,
  );
  expect(html).toBe('<p>disconnected</p>');
  expect(dialled).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});
