import { whole } from '../../parts/figures.js';

/** What the limits are called, by the names that the server gives them; a unit at the end says how to write them. */
const NAMES: Readonly<Record<string, string>> = {
  broadcastsPerMinute: 'Broadcasts a minute',
  connectsPerMinute: 'Connects a minute',
  editsPerMinute: 'Edits a minute',
  idleTimeoutSeconds: 'Silence until it is closed',
  maxConnectionAgeSeconds: 'Age of a connection',
  maxConnectionsPerUser: 'Connections of a user',
  maxMessageBytes: 'Size of a message',
  messagesPerMinute: 'Messages a minute',
  pingIntervalSeconds: 'Time between pings',
  refusedTokensPerMinute: 'Refused tokens a minute',
  batchBytes: 'Size of a batch',
  bodyBytes: 'Size of a body',
  requestsPerMinute: 'Requests a minute',
};

/** A limit's name; one that is not known here in its own words: `maxOpenFiles` as `Max open files`. */
export function limitName(name: string): string {
  const known = NAMES[name];
  if (known !== undefined) return known;
  const spaced = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** A limit's value with its unit: a dash where there is no such limit, `off` where it is not in force. */
export function limitValue(name: string, value: number | null | undefined): string {
  if (value === undefined) return '–';
  if (value === null) return 'off';
  if (name.endsWith('Bytes')) return bytes(value);
  return name.endsWith('Seconds') ? seconds(value) : whole(value);
}

function bytes(value: number): string {
  if (value >= 1_048_576) return `${whole(value / 1_048_576)} MiB`;
  return value >= 1_024 ? `${whole(value / 1_024)} KiB` : `${whole(value)} B`;
}

/** In the largest unit of which it is a whole number. */
function seconds(value: number): string {
  const UNITS = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const fitting = UNITS.find(([length]) => value >= length && value % length === 0);
  return fitting === undefined ? `${whole(value)} s` : `${whole(value / fitting[0])} ${fitting[1]}`;
}
