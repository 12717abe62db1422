import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { Api } from '../../src/api.js';
import { SessionsClient } from '../../src/index.js';
import { until } from './until.js';

interface Server {
  url: string;
  token: (sub: string) => string;
  restart: () => Promise<void>;
}
const env = { JWT_SECRET: 'a secret of thirty-two bytes, or so' };

it('an agent answers, over a kill of the server too, and everything comes once', async () => {
  await withServer(env, async ({ url, token, restart }: Server) => {
    const options = { url, token: () => token('ann') };
    const api = new Api(options);
    const made = await api.send<{ id: string }>('POST', '/api/sessions', {
      type: 'socratic',
      title: 'Ownership',
      open: true,
    });
    const ann = new SessionsClient(made.id, options);
    const ben = new SessionsClient(made.id, { url, token: () => token('ben') });
    ann.open();
    ben.open();
    await until(() => ben.session.value.connectedUsers === 2);
    expect(ann.session.value.session?.title).toBe('Ownership');
    const first = await ann.sendMessage('Why does Rust have ownership?');
    expect(first).toMatchObject({ user_id: 'ann', seq: 1 });
    await until(() => ben.session.value.messages.length === 2);
    expect(ben.session.value.messages[1]).toMatchObject({ role: 'agent', agent_id: 'socratic' });
    ben.setTyping();
    await until(() => ann.session.value.typing.length === 1);
    const restarted = restart();
    const second = ann.sendMessage('And what is borrowing?');
    expect(ann.session.value.sending.map(({ content }) => content)).toEqual([
      'And what is borrowing?',
    ]);
    await Promise.all([restarted, second]);
    await until(() => [ann, ben].every(({ session }) => session.value.messages.length === 4));
    const seen = ({ session }: SessionsClient) =>
      session.value.messages.map(({ seq, role }) => `${seq} ${role}`);
    expect(seen(ann)).toEqual(['1 user', '2 agent', '3 user', '4 agent']);
    expect(seen(ben)).toEqual(seen(ann));
    expect(ann.session.value.sending).toEqual([]);
    ann.close();
    ben.close();
  });
});

it('a long talk is read back to its beginning, page by page', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const options = { url, token: () => token('ann') };
    const made = await new Api(options).send<{ id: string }>('POST', '/api/sessions', {
      type: 'socratic',
    });
    const ann = new SessionsClient(made.id, options);
    ann.open();
    expect(await ann.loadOlder(), 'nothing is known yet').toBe(false);
    const count = 2 * 126;
    for (let said = 2; said <= count; said += 2) {
      await ann.sendMessage(`Question ${said / 2}`);
      await until(() => ann.session.value.messages.length === said);
    }
    const later = new SessionsClient(made.id, options);
    later.open();
    await until(() => later.session.value.messages.length === 50);
    expect(later.session.value.hasOlder).toBe(true);
    expect(await later.loadOlder()).toBe(true);
    expect(later.session.value.messages.length).toBe(250);
    expect(await later.loadOlder()).toBe(false);
    const seqs = later.session.value.messages.map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: count }, (_, nth) => nth + 1));
    ann.close();
    later.close();
  });
});
