import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CollaborationClient } from '../src/collaboration.js';
import { isOpen } from '../src/state.js';
import { type Stub, eventually, tokenUntil, withStub } from './stub-server.js';

beforeEach(() => {
  const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Sent = Record<string, unknown>;

/** A document of one writer, on a server that may refuse edits, and lock. */
function document() {
  const state = { content: '', version: 0, refusals: [] as string[], isLocked: false };
  const answer = ({ type, id, data }: Sent) => {
    const sessionId = 'essay';
    if (type === 'join_session') {
      const { content, version, isLocked: locked } = state;
      const who = { role: 'participant', participants: [], creatorId: 'ann' };
      return { type: 'session_joined', id, data: { sessionId, content, version, locked, ...who } };
    }
    if (type !== 'edit') return undefined;
    const code = state.refusals.shift();
    if (code !== undefined)
      return { type: 'error', id, error: code, data: { code, retryAfterMs: 10 } };
    const { position, content } = data as { position: number; content: string };
    state.content = state.content.slice(0, position) + content + state.content.slice(position);
    state.version += 1;
    const { version } = state;
    return { type: 'edit_ack', id, data: { sessionId, version, position, length: content.length } };
  };
  return { state, answer };
}

async function joined(stub: Stub): Promise<CollaborationClient> {
  stub.body = { items: [], nextCursor: null };
  const token = () => tokenUntil(Date.now() + 3_600_000);
  const client = new CollaborationClient('essay', { url: stub.url, token, random: () => 0 });
  client.open();
  await eventually(() => client.document.value.status === 'joined');
  return client;
}

it.each(['UNAVAILABLE', 'RATE_LIMIT_EXCEEDED'])(
  'an edit that is refused for now (%s) stays, and is sent again',
  async (code) => {
    const { state, answer } = document();
    await withStub(answer, async (stub) => {
      const client = await joined(stub);
      const changes: unknown[] = [];
      client.onTextChange((change) => changes.push(change));
      state.refusals.push(code);
      client.edit({ position: 0, deleted: 0, content: 'Hello' });
      await eventually(() => state.refusals.length === 0);
      for (let nth = 0; state.content === '' && nth < 1_000; nth += 1) {
        await vi.advanceTimersByTimeAsync(10);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(state.content).toBe('Hello');
      await eventually(() => client.document.value.pending === 0);
      expect(client.text).toBe('Hello');
      expect(changes).toEqual([]);
      client.close();
    });
  },
);

it('what was typed without a connection is kept where what was missed cannot be read at once', async () => {
  const { state, answer } = document();
  await withStub(answer, async (stub) => {
    const client = await joined(stub);
    client.edit({ position: 0, deleted: 0, content: 'a' });
    await eventually(() => client.document.value.version === 1);
    stub.sockets[0]?.terminate();
    await eventually(() => !isOpen(client.state));
    client.edit({ position: 1, deleted: 0, content: 'b' });
    // Somebody else was there meanwhile, and the log cannot be read yet.
    Object.assign(state, { content: 'xa', version: 2 });
    stub.body = 'nonsense';
    await vi.advanceTimersByTimeAsync(1);
    await eventually(() => stub.requests === 1);
    const edit = { version: 2, operation: 'insert', position: 0, length: 1, content: 'x' };
    stub.body = { items: [{ ...edit, author: 'ben' }], nextCursor: null };
    for (let nth = 0; state.version === 2 && nth < 1_000; nth += 1) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(state.content).toBe('xab');
    await eventually(() => client.document.value.pending === 0);
    expect(client.text).toBe('xab');
    client.close();
  });
});

it('where one may not edit, nothing can be undone', async () => {
  const { answer } = document();
  await withStub(answer, async (stub) => {
    const client = await joined(stub);
    client.edit({ position: 0, deleted: 0, content: 'a' });
    await eventually(() => client.document.value.pending === 0);
    const locked = { type: 'lock_changed', data: { sessionId: 'essay', locked: true } };
    stub.sockets[0]?.send(JSON.stringify(locked));
    await eventually(() => client.document.value.isLocked);
    client.undo();
    expect(client.text).toBe('a');
    client.close();
  });
});
