import { describe, expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { Connection } from '../../src/connection.js';
import type { Dialect } from '../../src/dialect.js';
import { fixtures } from '../fixtures.js';
import { Names, SECRET, type Value, matches, tokenOf } from './patterns.js';
import { until } from './until.js';

/** A case of `protocol/`, as its README says. */
interface Case {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly steps: readonly Record<string, Step>[];
}

interface Step {
  readonly as: string;
  readonly to: string;
  readonly user?: string;
  readonly claims?: Record<string, unknown>;
  readonly message: Value;
  readonly absent?: readonly string[];
  readonly type: string;
  readonly code: number;
  readonly reason?: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body?: Value;
  readonly answer?: Value;
}

const APPLICATIONS = ['ANALYSIS', 'DEALS', 'LEARNING', 'VOICE', 'SESSIONS'];
const LIMITS = ['CONNECTS_PER_MINUTE', 'REFUSED_TOKENS_PER_MINUTE'];
const UNLIMITED = APPLICATIONS.flatMap((application) =>
  LIMITS.map((limit) => [`QUINTET_LIMITS__${application}__${limit}`, '0'] as const),
);
/** What this client does not do on purpose: say what is no message, or show its token elsewhere. */
const FOREIGN_STEPS = new Set(['sendText', 'sendBinary']);
const FOREIGN_FIELDS = ['token', 'status', 'headers', 'deflate'];
const isPlayed = ({ steps }: Case) =>
  steps.every((step) =>
    Object.entries(step).every(
      ([kind, fields]) =>
        !FOREIGN_STEPS.has(kind) &&
        FOREIGN_FIELDS.every((field) => kind !== 'connect' || !(field in fields)),
    ),
  );

/** Says what a case says, and hears everything. */
class Player {
  readonly connection: Connection<Value, { type?: string }>;
  #untaken: { type?: string }[] = [];

  constructor(url: string, path: string, token: string) {
    const dialect: Dialect<Value, { type?: string }> = {
      path,
      bytesMax: 1_000_000,
      encode: (message) => JSON.stringify(message),
      answers: () => undefined,
      refuses: () => undefined,
      ping: () => ({}),
    };
    // It comes back when the case is over: at the end of the longest wait.
    this.connection = new Connection(dialect, { url, token: () => token, random: () => 0.999 });
    this.connection.onMessage((message) => this.#untaken.push(message));
    this.connection.open();
  }

  async take(type: unknown): Promise<{ type?: string }> {
    const place = () =>
      type === undefined ? 0 : this.#untaken.findIndex((one) => one.type === type);
    await until(() => this.#untaken.length > 0 && place() >= 0);
    const [taken = {}] = this.#untaken.splice(place(), 1);
    return taken;
  }

  has(type: string): boolean {
    return this.#untaken.some((message) => message.type === type);
  }
}

/** How its connection ended, if it did. */
const endingOf = ({ connection: { state } }: Player) =>
  'ending' in state ? state.ending : undefined;

/** How long a step may take, however busy the machine. */
const PATIENCE_MS = 30_000;

async function within(step: Promise<void> | void, why: () => string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), PATIENCE_MS);
  });
  await Promise.race([step, late]).finally(() => clearTimeout(timer));
}

async function play({ steps }: Case, url: string, names: Names): Promise<void> {
  const players = new Map<string, Player>();
  const player = (name: string) => {
    const found = players.get(name);
    if (found === undefined) throw new Error(`${name} has not connected`);
    return found;
  };
  const run: Record<string, (step: Step) => Promise<void> | void> = {
    connect: async ({ as, to, user = as, claims }) => {
      const made = new Player(url, names.inText(to, user), tokenOf(names.user(user), claims));
      players.set(as, made);
      // Or closed again at once.
      await until(
        () => made.connection.state.status === 'connected' || endingOf(made) !== undefined,
      );
    },
    send: ({ as, message }) => {
      expect(player(as).connection.send(names.inValue(message))).toBe(true);
    },
    expect: async ({ as, message, absent }) => {
      const { type } = message as { type?: unknown };
      matches(await player(as).take(type), message, names, absent);
    },
    next: async ({ as, message, absent }) => {
      matches(await player(as).take(undefined), message, names, absent);
    },
    // Nothing here can ping as a WebSocket does: what has come by now is looked at.
    none: ({ as, type }) => expect(player(as).has(type)).toBe(false),
    closed: async ({ as, code, reason }) => {
      // Who closes by themselves is told no more.
      if (player(as).connection.state.status === 'disconnected') return expect(code).toBe(1000);
      await until(() => endingOf(player(as)) !== undefined);
      const said = { code, ...(reason !== undefined && { reason }) };
      expect(endingOf(player(as))).toMatchObject(said);
      player(as).connection.close();
    },
    close: async ({ as }) => {
      const { connection } = player(as);
      connection.close();
      await until(() => connection.state.status === 'disconnected');
    },
    http: async ({ as, claims, method, path, status, body, answer }) => {
      const token = as && { authorization: `Bearer ${tokenOf(names.user(as), claims)}` };
      const response = await fetch(url + names.inText(path, as), {
        method,
        headers: { ...token, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(names.inValue(body)) }),
      });
      expect(response.status, await response.clone().text()).toBe(status);
      if (answer !== undefined) matches(await response.json(), answer, names);
    },
  };
  try {
    for (const step of steps) {
      for (const [kind, fields] of Object.entries(step)) {
        const known = run[kind];
        if (known === undefined) throw new Error(`there is no step ${kind}`);
        await within(known(fields), () => `${kind} ${JSON.stringify(fields)} does not come`);
      }
    }
  } finally {
    for (const { connection } of players.values()) connection.close();
  }
}

describe.each([
  'analysis',
  'analytics',
  'collaboration',
  'common',
  'deals',
  'learning-chat',
  'sessions',
])('what %s.jsonl says holds through this client', (file) => {
  const cases = fixtures<Case>(file).filter(isPlayed);
  const played = (one: Case, url: string) =>
    play(one, url, new Names(cases.indexOf(one))).catch((error: unknown) => {
      throw new Error(`${one.name}: ${String(error)}`, { cause: error });
    });

  it('of cases that share a server', async () => {
    const env = { JWT_SECRET: SECRET, ...Object.fromEntries(UNLIMITED) };
    await withServer(env, async ({ url }: { url: string }) => {
      for (const one of cases) if (one.env === undefined) await played(one, url);
    });
  });

  it.each(cases.filter(({ env }) => env !== undefined))('$name', async (one) => {
    const env = { JWT_SECRET: SECRET, ...one.env };
    await withServer(env, ({ url }: { url: string }) => played(one, url));
  });
});
