/** What the protocol's fixtures (`protocol/*.jsonl`) say and expect, by channel, direction and message. */

import { type Json } from './schema.ts';
import { isObject } from './example.ts';
import { list, read } from './repository.ts';

export type Direction = 'toServer' | 'toClient';

/** A message of a fixture, whose values may be left open. */
export interface Told {
  channel: string;
  direction: Direction;
  name: string;
  message: Json;
}

/** Addresses as they begin, the more telling ones first; what is left are the stages of deals. */
const CHANNELS: [string, string][] = [
  ['/v1/ws', 'analysis'],
  ['/api/analytics/ws', 'analytics'],
  ['/api/collaboration/ws', 'collaboration'],
  ['/api/collaboration/yjs', 'yjs'],
  ['/api/chat/ws', 'chat'],
  ['/ws/sessions', 'sessions'],
  ['/api/ws/sessions', 'sessions'],
  ['/socket.io/', 'voice'],
  ['/', 'deals'],
];

type Step = Record<string, Record<string, Json>>;

/** All messages of all cases, in their order. */
export function told(): Told[] {
  return list('protocol', '.jsonl').flatMap((file) =>
    read(`protocol/${file}`)
      .split('\n')
      .filter((line) => line.includes('"steps"'))
      .flatMap((line) => ofCase((JSON.parse(line) as { steps: Step[] }).steps)),
  );
}

function ofCase(steps: Step[]): Told[] {
  const channels = new Map<Json, string>();
  return steps.flatMap((step) => {
    const [kind, fields] = Object.entries(step)[0] ?? ['', {}];
    const client = fields['as'] ?? null;
    if (kind === 'connect') channels.set(client, channelAt(String(fields['to'])));
    const channel = channels.get(client);
    const message = channel === undefined ? undefined : messageOf(kind, fields);
    return channel === undefined || message === undefined ? [] : [{ channel, ...message }];
  });
}

function channelAt(address: string): string {
  return CHANNELS.find(([start]) => address.startsWith(start))?.[1] ?? 'deals';
}

function messageOf(kind: string, fields: Record<string, Json>): Omit<Told, 'channel'> | undefined {
  switch (kind) {
    case 'send':
      return named('toServer', resolved(fields['message']));
    case 'expect':
    case 'next':
      return named('toClient', resolved(fields['message']));
    case 'emit':
      return event('toServer', fields);
    case 'event':
      return event('toClient', fields);
    default:
      return undefined;
  }
}

function named(direction: Direction, message: Json): Omit<Told, 'channel'> | undefined {
  if (!isObject(message)) return undefined;
  const name = message['action'] ?? message['type'];
  return typeof name === 'string' ? { direction, name, message } : undefined;
}

function event(direction: Direction, fields: Record<string, Json>): Omit<Told, 'channel'> {
  const message = resolved(fields['payload'] ?? {});
  return { direction, name: String(fields['event']), message };
}

/** With the users that a player makes up by the names of their variables. */
function resolved(value: Json | undefined): Json {
  if (value === undefined) return {};
  if (typeof value === 'string') {
    return value.replace(/^\$(ann|ben|cid|eve)$/, '$1').replace(/^room:\$room$/, 'room:room-1');
  }
  if (Array.isArray(value)) return value.map(resolved);
  if (!isObject(value)) return value;
  if (typeof value['$base64'] === 'string') return value['$base64'];
  if ('$repeat' in value) return '$string';
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, resolved(it)]));
}
