// Writes the types of all messages, `src/messages/*.ts`, from the server's own description of them
// (`protocol/asyncapi.json`). With `--check` it only says whether they are what they would become.
import { readFile, writeFile } from 'node:fs/promises';
import { compile } from 'json-schema-to-typescript';

const asyncapi = new URL('../../../protocol/asyncapi.json', import.meta.url);
const folder = new URL('../src/messages/', import.meta.url);
/** The channels that a client of its own speaks; the others are the same under another address. */
const CHANNELS = ['analysis', 'deals', 'chat', 'analytics', 'collaboration', 'sessions', 'voice'];

const described = JSON.parse(await readFile(asyncapi, 'utf8'));
const isCheck = process.argv.includes('--check');
let stale = 0;
for (const channel of CHANNELS.filter((name) => name in described.channels)) {
  const file = new URL(`${channel}.ts`, folder);
  const text = await typesOf(channel);
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before === text) continue;
  if (isCheck) {
    console.error(`src/messages/${channel}.ts is not what the server says: npm run generate`);
    stale += 1;
  } else {
    await writeFile(file, text);
  }
}
process.exitCode = stale === 0 ? 0 : 1;

/** A module of one channel's messages, in both directions. */
async function typesOf(channel) {
  const messages = Object.entries(described.channels[channel].messages);
  const definitions = {};
  const directions = { ToClient: [], ToServer: [] };
  for (const [key, reference] of messages) {
    const message = described.components.messages[reference.$ref.split('/').pop()];
    const direction = key.startsWith('toClient.') ? 'ToClient' : 'ToServer';
    const title = message.name === 'error' ? 'error_message' : message.name;
    const name = `${pascal(title)}${direction === 'ToServer' ? 'Request' : ''}`;
    definitions[name] = closed({ ...message.payload, title: undefined });
    directions[direction].push([message.name, { $ref: `#/definitions/${name}` }]);
  }
  for (const [direction, list] of Object.entries(directions)) {
    // Over Socket.IO the name of an event stands beside its message; else it is the message's type.
    definitions[direction] =
      channel === 'voice'
        ? {
            type: 'object',
            properties: Object.fromEntries(list),
            required: list.map(([name]) => name),
          }
        : { oneOf: list.map(([, reference]) => reference) };
  }
  const root = { title: 'All', type: 'object', additionalProperties: false, definitions };
  const text = await compile(root, 'All', {
    bannerComment: `/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */`,
    unreachableDefinitions: true,
    additionalProperties: false,
    style: { printWidth: 100, singleQuote: true, semi: true, trailingComma: 'all' },
  });
  return text
    .replace(/export interface All \{\}\n/, '')
    .replace(/ \*\n \* This interface was referenced by[\s\S]*?\n \*\//g, ' */')
    .replace(/\/\*\*\n \* This interface was referenced by[\s\S]*?\n \*\/\n/g, '');
}

/** Titles inside a message would become names that messages share. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const entries = Object.entries(schema).filter(([key]) => key !== 'title');
  return Object.fromEntries(entries.map(([key, value]) => [key, within(key, value)]));
}

/** The names of properties are no keywords. */
function within(key, value) {
  if (key !== 'properties') return closed(value);
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, closed(schema)]));
}

function pascal(name) {
  return name.replace(/(^|[^a-zA-Z0-9])([a-zA-Z0-9])/g, (_, __, letter) => letter.toUpperCase());
}
