/** The protocols as pages: each message in both directions, from the server's own description. */

import { exampleOf, pathsOf, problem } from './example.ts';
import { type Direction, type Told, told } from './fixtures.ts';
import { read } from './repository.ts';
import { type Json, type Schema, cell, fieldsOf, prose, tableOf } from './schema.ts';
import { type Trial, trials } from './trials.ts';

interface Message {
  name: string;
  contentType: string;
  payload: Schema;
}

interface Channel {
  address: string;
  description: string;
  messages: Record<string, { $ref: string }>;
}

interface Document {
  channels: Record<string, Channel>;
  components: { messages: Record<string, Message> };
}

/** What a page can be tried with. */
export interface Attempt extends Trial {
  channel: string;
  messages: Offered[];
}

/** A message that may be sent, as it stands in the form at first. */
export interface Offered {
  name: string;
  example: Json;
}

/** The page of a channel. */
export interface Protocol {
  channel: string;
  title: string;
  content: string;
  attempt: Attempt;
}

/** Channels in the order of their letters; those that are another's under a second address have no page. */
const TITLES: Record<string, string> = {
  analysis: 'A · Repository analysis',
  deals: 'B · Deals',
  chat: 'C · Classroom chat',
  analytics: 'C · Live figures',
  collaboration: 'C · Shared documents',
  yjs: 'C · Yjs documents',
  voice: 'D · Interviews by voice',
  sessions: 'E · Chat with agents',
};

const HEADINGS: Record<Direction, string> = {
  toServer: 'What a client sends',
  toClient: 'What the server tells',
};

/** Examples of more characters are left to the fixtures. */
const EXAMPLE_MAX = 600;

export function protocols(): Protocol[] {
  const document = JSON.parse(read('protocol/asyncapi.json')) as Document;
  const fixtures = told();
  return Object.entries(TITLES).map(([channel, title]) => {
    const described = document.channels[channel];
    const trial = trials[channel];
    if (described === undefined || trial === undefined) throw new Error(`no channel ${channel}`);
    const messages = messagesOf(
      described,
      document,
      fixtures.filter((it) => it.channel === channel),
    );
    const others = Object.values(document.channels).filter(
      (it) => it !== described && sameMessages(it, described),
    );
    const addresses = [described, ...others].map(({ address }) => address);
    const shown = messages.map((it) => {
      const own = it.direction === 'toServer' ? trial.examples?.[it.name] : undefined;
      return own === undefined ? it : { ...it, example: own };
    });
    const content = contentOf(title, described, addresses, trial, shown);
    const sent = shown.filter(({ direction }) => direction === 'toServer');
    const attempt = {
      ...trial,
      channel,
      messages: sent.map(({ name, example }) => ({ name, example })),
    };
    return { channel, title, content, attempt };
  });
}

/** A message as its page shows it. */
interface Shown extends Message {
  direction: Direction;
  example: Json;
}

function messagesOf(channel: Channel, document: Document, fixtures: Told[]): Shown[] {
  return Object.entries(channel.messages).map(([key, { $ref }]) => {
    const message = document.components.messages[$ref.split('/').at(-1) ?? ''];
    if (message === undefined) throw new Error(`${$ref} leads nowhere`);
    const direction = key.startsWith('toServer.') ? 'toServer' : 'toClient';
    const pattern = patternFor(message, direction, fixtures);
    return { ...message, direction, example: exampleOf(message.payload, pattern) };
  });
}

/** What fixtures say of a message: of those that fit its schema, the first that uses the most of it. */
function patternFor(message: Message, direction: Direction, fixtures: Told[]): Json | undefined {
  const those = fixtures.filter((it) => it.direction === direction && it.name === message.name);
  const patterns = those.map((it) => it.message).filter((it) => isTelling(message, it, direction));
  const use = (pattern: Json): number => pathsOf(pattern).length;
  return patterns.sort((one, other) => use(other) - use(one))[0];
}

/** Cases that try what is not allowed are no examples; what is expected need not be whole. */
function isTelling({ payload }: Message, pattern: Json, direction: Direction): boolean {
  const known = new Set(fieldsOf(payload).map(({ path }) => path));
  const isShort = JSON.stringify(pattern).length < EXAMPLE_MAX;
  const fits = direction === 'toClient' || problem(payload, pattern) === undefined;
  return isShort && fits && pathsOf(pattern).every((path) => known.has(path));
}

function sameMessages(one: Channel, other: Channel): boolean {
  const of = ({ messages }: Channel): string => JSON.stringify(Object.values(messages));
  return of(one) === of(other);
}

function contentOf(
  title: string,
  channel: Channel,
  addresses: string[],
  trial: Trial,
  messages: Shown[],
): string {
  const links = trial.more.map(({ text, path }) => `[${text}](/${path})`);
  return [
    `# ${title}`,
    prose(`${channel.description}.`),
    `**At** ${addresses.map((address) => `\`${address}\``).join(' and ')}. ${trial.told} More: ${links.join(', ')}.`,
    'Tokens, limits, errors, and how a connection ends are [alike in all protocols](/docs/protocols.md).',
    '## Try it',
    '<TryIt />',
    ...directionOf('toServer', messages),
    ...directionOf('toClient', messages),
  ].join('\n\n');
}

function directionOf(direction: Direction, messages: Shown[]): string[] {
  const those = messages.filter((it) => it.direction === direction);
  return [`## ${HEADINGS[direction]}`, ...those.flatMap(sectionOf)];
}

function sectionOf({ name, direction, payload, contentType, example }: Shown): string[] {
  const isBinary = contentType === 'application/octet-stream';
  const anchor = `${direction === 'toServer' ? 'send' : 'hear'}-${name.replaceAll(':', '-')}`;
  const fields = tableOf(fieldsOf(payload));
  const heading = `### \`${name}\` {#${anchor}}`;
  const meaning = payload.description === undefined ? '' : cell(payload.description);
  const attempt = direction === 'toServer' ? `<TryMessage name="${name}" />` : '';
  if (isBinary && attempt === '') return [heading, meaning];
  if (isBinary) return [heading, meaning, `\`\`\`text\n${String(example)}\n\`\`\``, attempt];
  const code = `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``;
  return [heading, meaning, fields, code, attempt];
}
