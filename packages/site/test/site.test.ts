import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../.vitepress/theme/bytes.ts';
import { inAddress, inMessage, renewed, saidIn, withToken } from '../.vitepress/theme/values.ts';
import { exampleOf, problem } from '../source/example.ts';
import { read } from '../source/repository.ts';
import { type Schema, cell, fieldsOf, tableOf, typeIn } from '../source/schema.ts';
import { protocols } from '../source/protocols.ts';
import { groups } from '../source/routes.ts';
import { clientPage, exportsOf, names, reactPage, signaturesOf } from '../source/signatures.ts';

interface Described {
  channels: Record<string, { messages: Record<string, unknown> }>;
  components: { messages: Record<string, { name: string; payload: Schema }> };
}
const described = JSON.parse(read('protocol/asyncapi.json')) as Described;

test('every message of every channel has its place on a page, in both directions', () => {
  for (const { channel, content } of protocols()) {
    for (const key of Object.keys(described.channels[channel]?.messages ?? {})) {
      const [direction, ...name] = key.split('.');
      const anchor = `${direction === 'toServer' ? 'send' : 'hear'}-${name.join('-')}`;
      const [, section] = content.split(`{#${anchor}}\n`);
      expect(section, `${channel} ${key}`).toBeDefined();
      // Of bytes that the server sends there is no example that would mean something.
      const isToldInWords = channel === 'yjs' && direction === 'toClient';
      const [own] = (section ?? '').split('\n### ');
      if (!isToldInWords) expect(own, `${channel} ${key}`).toContain('```');
    }
  }
});

test('whatever is offered to be sent is what the server says it takes', () => {
  for (const { channel, attempt } of protocols()) {
    for (const { name, example } of attempt.messages) {
      if (attempt.transport === 'binary') continue;
      const all = Object.entries(described.components.messages);
      const own = all.find(([key, it]) => {
        const application = channel === 'chat' ? 'learning' : channel;
        return key.startsWith(`${application}.toServer.`) && it.name === name;
      });
      expect(own, `${channel} ${name}`).toBeDefined();
      expect(problem(own?.[1].payload ?? {}, example), `${channel} ${name}`).toBeUndefined();
    }
    expect(attempt.messages.map(({ name }) => name)).toContain(attempt.first);
  }
});

test('an example made of a schema alone fits it', () => {
  for (const [key, { payload }] of Object.entries(described.components.messages)) {
    expect(problem(payload, exampleOf(payload)), key).toBeUndefined();
  }
});

test('what does not fit a schema is found, and where', () => {
  const schema: Schema = {
    type: 'object',
    required: ['data'],
    properties: {
      data: { type: 'object', properties: { count: { type: 'integer', maximum: 3 } } },
    },
  };
  expect(problem(schema, {})).toBe('.data');
  expect(problem(schema, { data: { count: 4 } })).toBe('.data.count');
  expect(problem(schema, { data: { count: 'many' } })).toBe('.data.count');
  expect(problem(schema, { data: { count: 3 } })).toBeUndefined();
});

test('fields are told with their place, type and bounds', () => {
  const schema: Schema = {
    type: 'object',
    required: ['items'],
    properties: {
      items: {
        type: 'array',
        maxItems: 2,
        items: { type: 'object', properties: { 'a|b': { enum: [1, 2], description: 'Any <b>' } } },
      },
    },
  };
  expect(fieldsOf(schema).map(({ path }) => path)).toEqual(['items', 'items[].a|b']);
  const table = tableOf(fieldsOf(schema));
  expect(table).toContain('| `items` | list: object | At most 2 items. |');
  expect(table).toContain('<Optional /> | one of `1`, `2` | Any &lt;b> |');
  expect(typeIn({ type: ['string', 'null'] })).toBe('string or null');
  expect(cell('{{ no }}')).toBe('&#123;&#123; no }}');
});

test('the page of what protocols share has every close and every code of an error', () => {
  const page = read('docs/protocols.md');
  const closes = read('engine/model/src/close.rs').matchAll(/Self::new\((\d+), "([^"]+)"\)/g);
  // 1006 is never sent.
  const sent = [...closes].filter(([, code]) => code !== '1006');
  expect(sent.length).toBeGreaterThan(10);
  for (const [, code, reason] of sent) expect(page).toContain(`| ${code} | \`${reason}\` |`);
  const messages = Object.values(described.components.messages);
  const errors = messages.filter(({ name }) => /error$/.test(name)).map(({ payload }) => payload);
  const codes = errors.flatMap((payload) =>
    [...JSON.stringify(payload).matchAll(/"const":"([A-Z_]+)"/g)].map(([, code]) => code),
  );
  expect(codes.length).toBeGreaterThan(30);
  for (const code of codes) expect(page).toContain(`\`${code}\``);
});

test('every metric of the server is on its page, and no other', () => {
  const names = (text: string, pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, name = '']) => name).sort();
  const told = names(read('docs/metrics.md'), /^\| `quintet_(\w+?)(?:_total|_info)?` \|/gm);
  expect(told).toEqual(names(read('server/src/http/metrics.rs'), /page\s*\.\w+\(\s*"(\w+)"/g));
});

test('every route of the server is on one page', () => {
  const { paths } = JSON.parse(read('protocol/openapi.json')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const text = groups()
    .map(({ content }) => content)
    .join('\n');
  for (const { operationId } of Object.values(paths).flatMap((it) => Object.values(it))) {
    expect(text.split(`{#${operationId}}`).length, operationId).toBe(2);
  }
});

test('every example of a call is one that a terminal takes', () => {
  const calls = groups().flatMap(({ content }) =>
    [...content.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, call = '']) => call),
  );
  expect(calls.length).toBeGreaterThan(50);
  expect(() => execFileSync('bash', ['-n'], { input: calls.join('\n') })).not.toThrow();
  expect(calls.filter((call) => /\{\w+\}/.test(call.split('\n')[0] ?? ''))).toEqual([]);
});

test('the reference of the packages has all that they export, and a word on each', () => {
  const pages = { client: clientPage(), react: reactPage() };
  for (const [folder, page] of Object.entries(pages)) {
    const index = read(`packages/${folder}/dist/index.d.ts`);
    const exported = [...index.matchAll(/export \{([^}]*)\}/g)].flatMap(([, names = '']) =>
      names.split(',').map((name) => name.replace(/^\s*type\s/, '').trim()),
    );
    // Of modules that index leaves to those who use them, clients and hooks.
    const own = exportsOf(folder);
    const entries = own.filter(({ name }) => /Client$|^use(?!Held|Server|Shared)/.test(name));
    for (const name of [...exported, ...entries.map(({ name: it }) => it)]) {
      expect(page, `${folder}: ${name}`).toMatch(new RegExp(`^### ${name} \\{#`, 'm'));
    }
    expect(own.filter(({ told }) => told === '').map(({ name }) => name)).toEqual([]);
  }
});

test('whatever a declaration of the reference names can be read there too', () => {
  const page = clientPage();
  const shown = new Set([...page.matchAll(/^### (\w+) /gm)].map(([, name]) => name));
  const own = exportsOf('client').filter(({ name }) => shown.has(name));
  const all = new Set(exportsOf('client').map(({ name }) => name));
  const named = own.flatMap(({ code }) => [...names(code)]).filter((name) => all.has(name));
  expect(named.filter((name) => !shown.has(name))).toEqual([]);
});

test('declarations are told by name, without what is private', () => {
  const text = [
    "import { a } from './a.js';",
    '/** Does something. */',
    'export declare class Doer {',
    '    #private;',
    '    /** Now. */',
    '    run(): void;',
    '}',
    'export type Kind = "one" | "two";',
    '//# sourceMappingURL=a.js.map',
  ].join('\n');
  const told = signaturesOf(text);
  expect(told.map(({ name }) => name)).toEqual(['Doer', 'Kind']);
  expect(told[0]).toEqual({
    name: 'Doer',
    told: 'Does something.',
    code: 'class Doer {\n  /** Now. */\n  run(): void;\n}',
  });
});

test('values are filled in by their names, and followed', () => {
  const values = { sessionId: 'a b', version: '3' };
  expect(inAddress('/x/{sessionId}?v={version}', values)).toBe('/x/a%20b?v=3');
  const message = { data: { sessionId: 'old', version: 0, other: [{ version: 1 }] } };
  expect(inMessage(message, values)).toEqual({
    data: { sessionId: 'a b', version: 3, other: [{ version: 3 }] },
  });
  expect(saidIn({ data: { version: 4, session: { sessionId: 's' } } }, ['version'])).toEqual({
    version: '4',
  });
});

test('the token of an example is the connection’s own on the way', () => {
  const auth = protocols().find(({ channel }) => channel === 'chat')?.attempt.messages[0];
  expect(auth?.name).toBe('auth');
  expect(withToken(JSON.stringify(auth?.example), 'abc')).toContain('"token":"abc"');
});

test('a message that is sent again is another one', () => {
  const random = (): number => 0.5;
  const message = { id: 'm-1', data: { id: 'm-1' } };
  expect(renewed(message, random)).toEqual({ id: 'm-i00000', data: { id: 'm-1' } });
  expect(renewed({ requestId: 'r' }, random)).toEqual({ requestId: 'r-i00000' });
  expect(renewed([1])).toEqual([1]);
});

test('bytes are written and read in hexadecimal', () => {
  expect(toHex(fromHex('00 01ff'))).toBe('00 01 ff');
  expect(() => fromHex('0')).toThrow();
  expect(() => fromHex('zz')).toThrow();
});
