import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { Api } from '../../src/api.js';
import { AnalyticsClient, ChatClient } from '../../src/index.js';
import { until } from './until.js';

interface Server {
  url: string;
  token: (sub: string) => string;
  restart: () => Promise<void>;
}
const env = { JWT_SECRET: 'a secret of thirty-two bytes, or so' };

it('figures move with what happens, and are watched again after a kill of the server', async () => {
  await withServer(env, async ({ url, token, restart }: Server) => {
    const options = { url, token: () => token('ann') };
    const api = new Api(options);
    const board = new AnalyticsClient('math', options);
    const chat = new ChatClient('math', options);
    board.open();
    chat.open();
    await board.subscribe(['engagement', 'quiz']);
    await until(() => board.metrics.value.size === 2);
    expect(board.metrics.value.get('quiz')?.value).toBeNull();
    await chat.sendMessage('hello');
    await until(() => board.metrics.value.get('engagement')?.value === 1);
    const restarted = restart();
    await restarted;
    await until(() => board.state.status === 'subscribed');
    const events = [4, 8].map((value) => ({ name: 'quiz', value }));
    await api.send('POST', '/api/analytics/events', { contextId: 'math', events });
    await until(() => board.metrics.value.get('quiz')?.value === 6);
    await board.unsubscribe(['quiz']);
    expect([...board.metrics.value.keys()]).toEqual(['engagement']);
    board.close();
    chat.close();
  });
});
