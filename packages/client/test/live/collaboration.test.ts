import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { CollaborationClient } from '../../src/index.js';
import { apply } from '../../src/collaboration/splice.js';
import { until } from './until.js';

interface Server {
  url: string;
  token: (sub: string) => string;
  restart: () => Promise<void>;
}
const env = {
  JWT_SECRET: 'a secret of thirty-two bytes, or so',
  QUINTET_LIMITS__LEARNING__EDITS_PER_MINUTE: '0',
  QUINTET_LIMITS__LEARNING__CONNECTS_PER_MINUTE: '0',
};

/** An editor that only does what it is told; its text must always be the client's. */
function editor(client: CollaborationClient) {
  let text = '';
  let givenUp = 0;
  client.onTextChange((change) => {
    if (change.kind === 'text') givenUp += change.givenUp.length;
    text = change.kind === 'text' ? change.text : (apply(text, change.splice) ?? '?');
  });
  return {
    get text() {
      return text;
    },
    get givenUp() {
      return givenUp;
    },
    type(position: number, content: string, deleted = 0) {
      const splice = { position, deleted, content };
      if (client.edit(splice)) text = apply(text, splice) ?? '?';
    },
  };
}

it('four people type at once, over a kill of the server, and all see one text', async () => {
  await withServer(env, async ({ url, token, restart }: Server) => {
    const clients = ['ann', 'ben', 'cem', 'dan'].map((sub) => {
      const client = new CollaborationClient('essay', { url, token: () => token(sub) });
      client.open();
      return client;
    });
    const editors = clients.map(editor);
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let restarted = Promise.resolve();
    for (let round = 0; round < 300; round += 1) {
      for (const [at, one] of editors.entries()) {
        const length = one.text.length;
        const position = random(length + 1);
        const deleted = random(4) === 0 ? Math.min(random(5), length - position) : 0;
        one.type(position, random(3) === 0 ? '' : `${'wxyz'[at]}${round % 10}`, deleted);
        expect(one.text).toBe(clients[at]?.text);
      }
      await new Promise((resolve) => setTimeout(resolve, random(4)));
      // They type on while there is no server.
      if (round === 150) restarted = restart();
    }
    await restarted;
    const isSettled = () =>
      clients.every(({ document }) => {
        const { status, pending, version } = document.value;
        const first = clients[0]?.document.value.version;
        return status === 'joined' && pending === 0 && version === first && version > 0;
      });
    await until(isSettled);
    const read = await fetch(`${url}/api/documents/essay`, {
      headers: { authorization: `Bearer ${token('ann')}` },
    });
    const { content, version } = (await read.json()) as { content: string; version: number };
    expect(version).toBe(clients[0]?.document.value.version);
    expect(clients.map(({ text }) => text)).toEqual(Array(4).fill(content));
    expect(editors.map(({ text }) => text)).toEqual(Array(4).fill(content));
    expect(editors.map(({ givenUp }) => givenUp)).toEqual([0, 0, 0, 0]);
    for (const client of clients) client.close();
  });
});

it('one undoes one’s own edits alone, and the creator rules', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const join = (sub: string) => {
      const client = new CollaborationClient('notes', { url, token: () => token(sub) });
      client.open();
      return client;
    };
    const ann = join('ann');
    await until(() => ann.document.value.status === 'joined');
    const ben = join('ben');
    await until(() => ben.document.value.status === 'joined');
    ann.edit({ position: 0, deleted: 0, content: 'Hello' });
    await until(() => ben.text === 'Hello');
    ben.edit({ position: 5, deleted: 0, content: ' world' });
    await until(() => ann.text === 'Hello world');
    ann.undo();
    await until(() => ben.text === ' world');
    ann.redo();
    await until(() => ben.text === 'Hello world' && ann.document.value.pending === 0);
    ann.moveCursor({ position: 3 });
    await until(() => ben.document.value.cursors.get('ann')?.position === 3);
    // An edit leaves its author behind it, and what they select before it is stored is told then.
    ann.edit({ position: 5, deleted: 0, content: '!' });
    ann.moveCursor({ position: 6 });
    await until(() => ben.document.value.cursors.get('ann')?.position === 6);
    ann.edit({ position: 6, deleted: 0, content: '!' });
    ann.moveCursor({ position: 0, selectionEnd: 7 });
    await until(() => ben.document.value.cursors.get('ann')?.selectionEnd === 7);
    await expect(ben.lock(true)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await ann.lock(true);
    await until(() => ben.document.value.isLocked);
    expect(ben.edit({ position: 0, deleted: 0, content: 'x' })).toBe(false);
    await ann.lock(false);
    await ann.grant('ben', 'observer');
    await until(() => ben.document.value.role === 'observer');
    await ann.closeSession();
    await until(() => ben.document.value.status === 'closed');
    ann.close();
    ben.close();
  });
});
