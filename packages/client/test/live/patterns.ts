import { createHmac } from 'node:crypto';
import { expect } from 'vitest';

/** JSON, in which a string that begins with `$` stands for something. */
export type Value = unknown;

/** What the server that plays cases signs with; it makes one up if it is not told. */
export const SECRET = 'a secret of thirty-two bytes, or so';

/** A token of that user of a case; their name is what the case calls them. */
export function tokenOf(sub: string, claims: Record<string, unknown> = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const said = { sub, name: sub.replace(/-\d+$/, ''), iat: now, exp: now + 3_600, ...claims };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(said)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

const KINDS: Readonly<Record<string, (value: Value) => boolean>> = {
  $any: () => true,
  $string: (value) => typeof value === 'string' && value !== '',
  $number: (value) => typeof value === 'number',
  $integer: (value) => Number.isInteger(value),
  $boolean: (value) => typeof value === 'boolean',
  $time: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value)),
};

/** What the names of a case stand for: its users, its room, and what a first match bound. */
export class Names {
  readonly #bound = new Map<string, Value>();

  constructor(private readonly nth: number) {
    this.#bound.set('$room', `room-${nth}`);
  }

  /** The id of a user of the case. */
  user(name: string): string {
    const id = `${name}-${this.nth}`;
    this.#bound.set(`$${name}`, id).set(`$token-${name}`, tokenOf(id));
    return id;
  }

  /** A text in which names stand, of somebody who is known from then on. */
  inText(text: string, user: string | undefined): string {
    if (user !== undefined) this.user(user);
    return text.replace(/\$[a-zA-Z][\w-]*/g, (name) => this.#longest(name));
  }

  /** What is sent: a name alone, or behind a colon. */
  inValue(value: Value): Value {
    if (typeof value === 'string') {
      const [, before = '', name = ''] = /^(.*:)?(\$.+)$/.exec(value) ?? [];
      if (!this.#bound.has(name)) return value;
      return before === '' ? this.#bound.get(name) : `${before}${String(this.#bound.get(name))}`;
    }
    if (Array.isArray(value)) return value.map((one) => this.inValue(one));
    if (typeof value !== 'object' || value === null) return value;
    if ('$repeat' in value && 'times' in value) {
      return String(value.$repeat).repeat(Number(value.times));
    }
    const entries = Object.entries(value).map(([key, one]) => [key, this.inValue(one)]);
    return Object.fromEntries(entries) as Value;
  }

  /** Whether a value is what a string of a pattern says; a new name is bound to it. */
  is(value: Value, said: string): boolean {
    const kind = KINDS[said];
    if (kind !== undefined) return kind(value);
    if (!said.startsWith('$')) return value === said;
    if (!this.#bound.has(said)) this.#bound.set(said, value);
    return this.#bound.get(said) === value;
  }

  #longest(text: string): string {
    const known = [...this.#bound.keys()].filter((name) => text.startsWith(name));
    const name = known.sort((one, other) => other.length - one.length)[0];
    return name === undefined ? text : String(this.#bound.get(name)) + text.slice(name.length);
  }
}

/** Fails where a value is not as the pattern says, or has something at a path of `absent`. */
export function matches(
  value: Value,
  pattern: Value,
  names: Names,
  absent: readonly string[] = [],
): void {
  const problem = differs(value, pattern, names, '');
  expect(problem, `in ${JSON.stringify(value)}`).toBeUndefined();
  for (const path of absent) {
    const at = path
      .split('.')
      .reduce<Value>((one, key) => (one as Record<string, Value>)?.[key], value);
    expect(at, path).toBeUndefined();
  }
}

function differs(value: Value, pattern: Value, names: Names, at: string): string | undefined {
  if (typeof pattern === 'string') {
    return names.is(value, pattern) ? undefined : `${at} is not ${pattern}`;
  }
  if (typeof pattern !== 'object' || pattern === null) {
    return value === pattern ? undefined : `${at} is not ${String(pattern)}`;
  }
  if (typeof value !== 'object' || value === null) return `${at} has nothing in it`;
  if (Array.isArray(pattern) && (!Array.isArray(value) || value.length !== pattern.length)) {
    return `${at} has not ${pattern.length} items`;
  }
  for (const [key, one] of Object.entries(pattern)) {
    const problem = differs((value as Record<string, Value>)[key], one, names, `${at}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
