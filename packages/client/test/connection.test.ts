import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AnalysisClient, ChatClient, Refusal, SessionsClient, Unanswered } from '../src/index.js';
import { isOpen } from '../src/state.js';
import { eventually, tokenUntil, withStub } from './stub-server.js';

// Sockets are real; only what waits goes by this clock.
beforeEach(() => {
  const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Sent = Record<string, unknown>;
const nothing = () => undefined;
const token = () => tokenUntil(Date.now() + 3_600_000);
const history = ({ type, id }: Sent) =>
  type === 'history'
    ? { type, id, data: { messages: [], hasMore: false, epoch: 'e', recovered: false } }
    : undefined;

function chatOf(url: string, options: object = {}): ChatClient {
  return new ChatClient('math', { url, token, random: () => 0, ...options });
}

it('one that is closed by whoever hears that it waits stays closed', async () => {
  await withStub(nothing, async (stub) => {
    const chat = chatOf(stub.url);
    chat.onStateChange(() => {
      if (chat.state.status === 'connecting' && chat.state.retryAt !== undefined) chat.close();
    });
    chat.open();
    await eventually(() => isOpen(chat.state));
    stub.sockets[0]?.terminate();
    await eventually(() => chat.state.status === 'disconnected');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(chat.state.status).toBe('disconnected');
    expect(stub.sockets).toHaveLength(1);
  });
});

it('close can be called by whoever hears of any state, and ends', async () => {
  await withStub(nothing, async (stub) => {
    const chat = chatOf(stub.url);
    chat.onStateChange(() => isOpen(chat.state) && chat.close());
    chat.onStateChange(() => chat.state.status === 'disconnecting' && chat.close());
    chat.onStateChange(() => chat.state.status === 'disconnected' && chat.close());
    chat.open();
    await eventually(() => chat.state.status === 'disconnected');
    expect(chat.connection.waiting).toBe(0);
  });
});

it('a connection that is closed while its token is awaited is never made', async () => {
  await withStub(nothing, async (stub) => {
    let give: (token: string) => void = nothing;
    const chat = chatOf(stub.url, { token: () => new Promise<string>((it) => (give = it)) });
    chat.open();
    await eventually(() => give !== nothing);
    chat.close();
    expect(chat.state.status).toBe('disconnected');
    give(token());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(stub.sockets).toHaveLength(0);
  });
});

it('a token may take its time, and one that never comes is asked for again', async () => {
  await withStub(nothing, async (stub) => {
    let give: (token: string) => void = nothing;
    let asked = 0;
    const slow = () => {
      asked += 1;
      return new Promise<string>((it) => (give = it));
    };
    const chat = chatOf(stub.url, { token: slow });
    chat.open();
    await eventually(() => asked === 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(chat.state).toMatchObject({ status: 'connecting', ending: { code: 1006 } });
    await vi.advanceTimersByTimeAsync(1_000);
    await eventually(() => asked === 2);
    await vi.advanceTimersByTimeAsync(30_000);
    give(`${token()}\n`);
    await eventually(() => isOpen(chat.state));
    expect(asked).toBe(2);
    chat.close();
  });
});

it.each([
  ['throws', () => Promise.reject(new Error('Sign in first')), 'Sign in first'],
  ['gives none', () => '', 'There is no token'],
])('where the token callback %s, the state says so, and it is tried again', async (_, no, why) => {
  await withStub(nothing, async (stub) => {
    let source: () => string | Promise<string> = no;
    const chat = chatOf(stub.url, { token: () => source() });
    chat.open();
    await eventually(() => 'ending' in chat.state && chat.state.ending !== undefined);
    expect(chat.state).toMatchObject({ ending: { code: 1006, reason: why } });
    source = token;
    await vi.advanceTimersByTimeAsync(1_000);
    await eventually(() => isOpen(chat.state));
    chat.close();
  });
});

it('a token that had run out already is refused once, and then for good', async () => {
  await withStub(nothing, async (stub) => {
    let left = -1_000;
    const chat = chatOf(stub.url, { token: () => tokenUntil(Date.now() + left) });
    chat.open();
    await eventually(() => isOpen(chat.state));
    left = 3_600_000;
    stub.sockets[0]?.close(1008, 'Unauthorized');
    await eventually(() => !isOpen(chat.state));
    expect(chat.state).toMatchObject({ ending: { code: 1008, reason: 'Token expired' } });
    await vi.advanceTimersByTimeAsync(1);
    await eventually(() => isOpen(chat.state));
    stub.sockets[1]?.close(1008, 'Unauthorized');
    await eventually(() => chat.state.status === 'error');
    expect(chat.state).toMatchObject({ ending: { code: 1008, reason: 'Unauthorized' } });
  });
});

it('a handshake that is refused for its token ends it for good, where browsers see no status', async () => {
  await withStub(nothing, async (stub) => {
    stub.refusal = 401;
    const client = new AnalysisClient({ url: stub.url, token, random: () => 0 });
    client.open();
    await eventually(() => client.state.status === 'error');
    expect(client.state).toMatchObject({ ending: { code: 1008, reason: 'Unauthorized' } });
    stub.refusal = 503;
    client.open();
    await eventually(() => 'retryAt' in client.state && client.state.retryAt !== undefined);
    client.close();
  });
});

it('a request has nothing to wait for once it was closed, or has ended', async () => {
  await withStub(nothing, async (stub) => {
    const chat = chatOf(stub.url);
    chat.open();
    await eventually(() => isOpen(chat.state));
    stub.sockets[0]?.close(1008, 'Revoked');
    await eventually(() => chat.state.status === 'error');
    const ended = await chat.sendMessage('a').catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(Unanswered);
    expect(ended).toMatchObject({ why: 'closed', ending: { code: 1008, reason: 'Revoked' } });
    chat.close();
    await expect(chat.sendMessage('b')).rejects.toMatchObject({ why: 'closed' });
    expect(chat.connection.waiting).toBe(0);
    expect(chat.chat.value.sending).toEqual([]);
  });
});

it('what does not keep to the protocol is let be', async () => {
  await withStub(history, async (stub) => {
    const chat = chatOf(stub.url);
    chat.open();
    await eventually(() => stub.sockets.length === 1 && isOpen(chat.state));
    for (const text of ['null', '5', '"x"', '[', '{}', '{"type":"error"}']) {
      stub.sockets[0]?.send(text);
    }
    stub.sockets[0]?.send(Buffer.from([1, 2, 3]));
    const data = { id: 'm', content: 'still here', author: 'ben', authorName: 'Ben', seq: 1 };
    stub.sockets[0]?.send(JSON.stringify({ type: 'message', data }));
    await eventually(() => chat.chat.value.messages.length === 1);
    chat.close();
  });
});

it('what was asked for first is sent first, also by whoever hears that it is open', async () => {
  await withStub(nothing, async (stub) => {
    const session = new SessionsClient('s', { url: stub.url, token, random: () => 0 });
    session.sendMessage('first').catch(nothing);
    let isSaid = false;
    session.onStateChange(() => {
      if (!isOpen(session.state) || isSaid) return;
      isSaid = true;
      session.sendMessage('second').catch(nothing);
    });
    session.open();
    await eventually(() => stub.heard.length === 3);
    const said = stub.heard.map(({ action, data }) =>
      action === 'join' ? 'join' : (data as { content: string }).content,
    );
    expect(said).toEqual(['join', 'first', 'second']);
    session.close();
  });
});

it('a full queue says so, and does not keep a connection from what it missed', async () => {
  await withStub(nothing, async (stub) => {
    const capacity = { requests: 3, length: 10_000 };
    const options = { url: stub.url, token, random: () => 0, capacity };
    const session = new SessionsClient('s', options);
    const said = ['a', 'b', 'c'].map((text) => session.sendMessage(text).catch(nothing));
    await expect(session.sendMessage('d')).rejects.toMatchObject({ why: 'full' });
    session.open();
    await eventually(() => stub.heard.length === 4);
    expect(stub.heard[0]).toMatchObject({ action: 'join' });
    session.close();
    await Promise.all(said);
  });
});

it('a message that is too long for the server fails, and the others are sent', async () => {
  const answer = (
    message: Sent,
    _: unknown,
    socket: { close: (code: number, why: string) => void },
  ) => {
    const { type, id, data } = message;
    if (type !== 'message') return history(message);
    const { content } = data as { content: string };
    if (content.length > 1_000) return socket.close(1009, 'Message too large');
    return { type, id, data: { id, content, author: 'ann', authorName: 'Ann', seq: 1 } };
  };
  await withStub(answer, async (stub) => {
    const chat = chatOf(stub.url);
    const long = chat.sendMessage('x'.repeat(2_000)).catch((error: unknown) => error);
    const short = chat.sendMessage('short');
    chat.open();
    await eventually(() => stub.heard.length >= 3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await long).toBeInstanceOf(Refusal);
    expect(await long).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await short).content).toBe('short');
    chat.close();
  });
});

it('a signal that outlives its requests keeps nothing of them', async () => {
  await withStub(history, async (stub) => {
    const chat = chatOf(stub.url);
    chat.open();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    for (let nth = 0; nth < 3; nth += 1) {
      await chat.connection.request({ type: 'history' }, { signal });
    }
    expect(add).toHaveBeenCalledTimes(3);
    expect(remove).toHaveBeenCalledTimes(3);
    chat.close();
  });
});

it('a connection whose network is gone is given up, with or without a message for a sign of life', async () => {
  for (const make of [
    (url: string) => chatOf(url),
    (url: string) => new SessionsClient('s', { url, token, random: () => 0 }),
  ]) {
    let isDeaf = false;
    const answer = (message: Sent) => (isDeaf ? undefined : { type: 'pong', data: {}, ...message });
    await withStub(answer, async (stub) => {
      const client = make(stub.url);
      client.open();
      await eventually(() => isOpen(client.state) && stub.heard.length > 0);
      isDeaf = true;
      const heard = stub.heard.length;
      await vi.advanceTimersByTimeAsync(30_000);
      await eventually(() => stub.heard.length > heard);
      await vi.advanceTimersByTimeAsync(15_000);
      await eventually(() => stub.sockets.length === 2);
      client.close();
    });
  }
});

it('a page that was frozen hears what came meanwhile before it gives a connection up', async () => {
  let isHeld = false;
  const held: (() => void)[] = [];
  const answer = (message: Sent, _: unknown, socket: { send: (text: string) => void }) => {
    const pong = () => socket.send(JSON.stringify({ type: 'pong', data: {} }));
    if (message.type !== 'ping') return history(message);
    if (isHeld) return void held.push(pong);
    return void pong();
  };
  await withStub(answer, async (stub) => {
    const chat = chatOf(stub.url);
    chat.open();
    await eventually(() => isOpen(chat.state));
    isHeld = true;
    await vi.advanceTimersByTimeAsync(30_000);
    await eventually(() => held.length === 1);
    // The clock jumps; one look is all that comes before the network.
    vi.setSystemTime(Date.now() + 600_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(isOpen(chat.state)).toBe(true);
    for (const pong of held) pong();
    isHeld = false;
    await eventually(() => stub.sockets.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(isOpen(chat.state)).toBe(true);
    chat.close();
  });
});

it('a token with little left is renewed at half of it, not again and again', async () => {
  let renewed = 0;
  const answer = (message: Sent) => {
    if (message.type !== 'auth') return history(message);
    renewed += 1;
    return { type: 'authenticated', id: message.id, data: { userId: 'ann' } };
  };
  await withStub(answer, async (stub) => {
    const chat = chatOf(stub.url, { token: () => tokenUntil(Date.now() + 21_000) });
    chat.open();
    await eventually(() => isOpen(chat.state));
    for (let second = 0; second < 60; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(renewed).toBeGreaterThanOrEqual(4);
    expect(renewed).toBeLessThanOrEqual(7);
    expect(stub.sockets).toHaveLength(1);
    chat.close();
  });
});

it('a client is made in a page without a secure context, which has no randomUUID', () => {
  vi.spyOn(crypto, 'randomUUID').mockImplementation(() => {
    throw new TypeError('crypto.randomUUID is not a function');
  });
  const chat = chatOf('http://10.0.0.5:8000');
  chat.sendMessage('hello').catch(nothing);
  expect(chat.chat.value.sending[0]?.id).toMatch(/^[0-9a-f]{32}$/);
  chat.close();
});
