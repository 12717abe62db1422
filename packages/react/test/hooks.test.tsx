import { act, cleanup, render, renderHook, waitFor } from '@testing-library/react';
import { StrictMode, type ReactNode, useEffect, useRef } from 'react';
import { WebSocket } from 'ws';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { withServer } from '../../../e2e/node/server.js';
import {
  QuintetProvider,
  useAgentSession,
  useApi,
  useChat,
  useDeals,
  useDocument,
  useMetrics,
  useNotifications,
} from '../src/index.js';

interface Server {
  url: string;
  token: (sub: string, ...options: string[]) => string;
}
const env = {
  JWT_SECRET: 'a secret of thirty-two bytes, or so',
  QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE: '0',
};
const patient = { timeout: 60_000 };

beforeAll(() => {
  // The page's own WebSocket here is a stand-in; the tests are against the server.
  Object.assign(globalThis, { WebSocket });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const within =
  (url: string, token: () => string) =>
  ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <QuintetProvider url={url} token={token}>
        {children}
      </QuintetProvider>
    </StrictMode>
  );

it('a chat is shown, said into, and shared by all who use it', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const wrapper = within(url, () => token('ann'));
    const { result, unmount } = renderHook(() => [useChat('math'), useChat('math')] as const, {
      wrapper,
    });
    await waitFor(() => expect(result.current[0].chat.people).toHaveLength(1), patient);
    expect(result.current[0].client).toBe(result.current[1].client);
    await act(() => result.current[0].client.sendMessage('hello'));
    await waitFor(() => expect(result.current[1].chat.messages).toHaveLength(1), patient);
    const { client } = result.current[0];
    unmount();
    await waitFor(() => expect(client.state.status).toBe('disconnected'), patient);
  });
});

it('strict mode, which mounts everything twice, leaves every component the same connection', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const seen = new Set<unknown>();
    function Reader({ name }: { name: string }) {
      const { chat, client } = useChat('math');
      useEffect(() => void seen.add(client), [client]);
      return <p data-name={name}>{chat.messages.length}</p>;
    }
    const Wrapper = within(url, () => token('ann'));
    const { container } = render(
      <Wrapper>
        <Reader name="one" />
        <Reader name="other" />
      </Wrapper>,
    );
    const other = renderHook(() => useChat('math'), { wrapper: within(url, () => token('ben')) });
    await act(() => other.result.current.client.sendMessage('hello'));
    await waitFor(() => expect(container.textContent).toBe('11'), patient);
    expect(seen.size).toBe(1);
  });
});

it('however much is told, a component renders once a frame at most', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    let [renders, frames] = [0, 0];
    vi.spyOn(globalThis, 'requestAnimationFrame').mockImplementation((run) => {
      const frame = () => {
        frames += 1;
        run(performance.now());
      };
      return setTimeout(frame, 16) as unknown as number;
    });
    function Messages() {
      renders += 1;
      const { chat } = useChat('math');
      return <p>{chat.messages.length}</p>;
    }
    const Wrapper = within(url, () => token('ann'));
    const { container } = render(
      <Wrapper>
        <Messages />
      </Wrapper>,
    );
    const other = renderHook(() => useChat('math'), { wrapper: within(url, () => token('ben')) });
    const said = Array.from({ length: 500 }, (_, nth) =>
      other.result.current.client.sendMessage(`${nth}`),
    );
    await act(() => Promise.all(said));
    await waitFor(() => expect(container.textContent).toBe('500'), patient);
    // Strict mode renders twice; the first ones are those of a page that begins.
    expect(renders).toBeLessThanOrEqual(2 * frames + 10);
    expect(renders).toBeLessThan(500);
  });
});

it('figures, deals, mail, documents and agents have hooks of their own', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const wrapper = within(url, () => token('ann', '--role', 'publisher'));
    const api = renderHook(() => useApi(), { wrapper }).result.current;
    const metrics = renderHook(() => useMetrics('math', ['quiz']), { wrapper });
    const events = [{ name: 'quiz', value: 5 }];
    await api.send('POST', '/api/analytics/events', { contextId: 'math', events });
    await waitFor(() => expect(metrics.result.current.metrics.get('quiz')?.value).toBe(5), patient);
    const deals = renderHook(() => useDeals(['new-deals'], { maxPrice: 10 }), { wrapper });
    await waitFor(() => expect(deals.result.current.connection.status).toBe('subscribed'), patient);
    const mail = renderHook(() => useNotifications(), { wrapper });
    await api.send('POST', '/api/users/ann/notifications', { title: 'a', body: 'b' });
    await waitFor(() => expect(mail.result.current.unread).toBe(1), patient);
    const essay = renderHook(() => useDocument('essay'), { wrapper });
    await waitFor(() => expect(essay.result.current.document.status).toBe('joined'), patient);
    act(() => {
      essay.result.current.client.edit({ position: 0, deleted: 0, content: 'Hi' });
    });
    await waitFor(() => expect(essay.result.current.document.version).toBe(1), patient);
    const made = await api.send<{ id: string }>('POST', '/api/sessions', { type: 'socratic' });
    const session = renderHook(() => useAgentSession(made.id), { wrapper });
    await act(() => session.result.current.client.sendMessage('Why?'));
    await waitFor(() => expect(session.result.current.session.messages).toHaveLength(2), patient);
  });
});

it('without a provider a hook says what is missing', () => {
  function Alone() {
    const isTried = useRef(false);
    isTried.current = true;
    useApi();
    return null;
  }
  expect(() => render(<Alone />)).toThrow('There is no QuintetProvider above this component');
});
