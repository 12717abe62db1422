import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { ChatClient, Refusal, Unanswered, isOpen } from '../../src/index.js';
import { until } from './until.js';

const JWT_SECRET = 'a secret of thirty-two bytes, or so';

it('a refused token ends it for good, and says so', async () => {
  await withServer({ JWT_SECRET }, async ({ url }: { url: string }) => {
    const chat = new ChatClient('math', { url, token: () => 'not.a.token' });
    const request = chat.sendMessage('hello');
    chat.open();
    await expect(request).rejects.toBeInstanceOf(Unanswered);
    expect(chat.state).toEqual({ status: 'error', ending: { code: 1008, reason: 'Unauthorized' } });
  });
});

it('a token that runs out is renewed in place, from a fresh one', async () => {
  await withServer({ JWT_SECRET }, async ({ url, token }: Server) => {
    let asked = 0;
    const ann = new ChatClient('math', {
      url,
      token: () => token('ann', '--ttl', (asked += 1) === 1 ? '31s' : '1h'),
    });
    ann.open();
    await until(() => asked === 2 && isOpen(ann.state));
    expect((await ann.sendMessage('still here')).author).toBe('ann');
    ann.close();
  });
});

it('a refusal names the code and the field', async () => {
  await withServer({ JWT_SECRET }, async ({ url, token }: Server) => {
    const ann = new ChatClient('math', { url, token: () => token('ann') });
    ann.open();
    const refused = await ann.sendMessage('   ').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'VALIDATION_ERROR', field: 'data.content' });
    const large = await ann.sendMessage('x'.repeat(300_000)).catch((error: unknown) => error);
    expect(large).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    expect(isOpen(ann.state)).toBe(true);
    ann.close();
    expect(ann.state.status).toBe('disconnecting');
    await until(() => ann.state.status === 'disconnected');
  });
});

it('one that is opened while it is being closed opens once it is', async () => {
  await withServer({ JWT_SECRET }, async ({ url, token }: Server) => {
    const ann = new ChatClient('math', { url, token: () => token('ann') });
    ann.open();
    await ann.sendMessage('one');
    ann.close();
    ann.open();
    expect(ann.state.status).toBe('disconnecting');
    await ann.sendMessage('two');
    // It stands behind what was missed, which is read first.
    await until(() => ann.chat.value.messages.at(-1)?.content === 'two');
    ann.close();
    await until(() => ann.state.status === 'disconnected');
  });
});

interface Server {
  url: string;
  token: (sub: string, ...options: string[]) => string;
}
