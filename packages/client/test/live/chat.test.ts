import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { ChatClient } from '../../src/index.js';
import { until } from './until.js';

interface Server {
  url: string;
  token: (sub: string) => string;
  restart: () => Promise<void>;
}
const env = {
  JWT_SECRET: 'a secret of thirty-two bytes, or so',
  QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE: '0',
  QUINTET_LIMITS__LEARNING__CONNECTS_PER_MINUTE: '0',
};

it('over kills of the server every message comes once, in one order, to everybody', async () => {
  await withServer(env, async ({ url, token, restart }: Server) => {
    const people = ['ann', 'ben', 'cem'].map((sub) => {
      const client = new ChatClient('math', { url, token: () => token(sub) });
      client.open();
      return client;
    });
    const sent: Promise<unknown>[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (let nth = 0; nth < 40; nth += 1) {
        for (const person of people) sent.push(person.sendMessage(`${round}.${nth}`));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await restart();
    }
    await Promise.all(sent);
    const count = 3 * 3 * 40;
    await until(() => people.every(({ chat }) => chat.value.messages.length >= count));
    const [first, ...others] = people.map(({ chat }) =>
      chat.value.messages.map(({ seq, id, content }) => ({ seq, id, content })),
    );
    expect(first?.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
    expect(new Set(first?.map(({ id }) => id)).size).toBe(count);
    for (const other of others) expect(other).toEqual(first);
    for (const person of people) person.close();
  });
});

it('older pages are read, people and typing are seen', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const ann = new ChatClient('math', { url, token: () => token('ann') });
    ann.open();
    for (let nth = 1; nth <= 260; nth += 1) await ann.sendMessage(`${nth}`);
    const ben = new ChatClient('math', { url, token: () => token('ben') });
    expect(ben.chat.value.isRead).toBe(false);
    ben.open();
    await until(() => ben.chat.value.messages.length === 50);
    expect(ben.chat.value).toMatchObject({ isRead: true, hasOlder: true });
    expect(await ben.loadOlder()).toBe(true);
    expect(await ben.loadOlder()).toBe(false);
    const contents = ben.chat.value.messages.map(({ content }) => content);
    expect(contents).toEqual(Array.from({ length: 260 }, (_, at) => `${at + 1}`));
    await until(() => ben.chat.value.people.length === 2 && ann.chat.value.people.length === 2);
    ann.setTyping(true);
    await until(() => ben.chat.value.typing[0]?.userId === 'ann');
    ann.setTyping(false);
    await until(() => ben.chat.value.typing.length === 0);
    ann.close();
    ben.close();
  });
});
