/** Examples of messages: what the fixtures say, with what they leave open filled in from the schema. */

import { type Json, type Schema, typesOf, variants } from './schema.ts';

const TIME = '2026-11-26T10:00:00.000Z';
/** Kinds of values that a fixture may name instead of one (protocol/README.md). */
const KINDS = new Set(['$any', '$string', '$number', '$integer', '$boolean', '$time']);
/** What a text of this name may be. */
const TEXTS: Record<string, string> = {
  author: 'ann',
  averageResponseTime: '42 s',
  authorName: 'Ann',
  body: 'The lamp is cheaper than 80 EUR',
  category: 'home',
  content: 'Hello, everyone!',
  currency: 'EUR',
  delta: ' because',
  epoch: '7f3a',
  error: 'What is wrong, in a sentence',
  errorCode: 'INTERNAL_ERROR',
  errorMessage: 'What is wrong, in a sentence',
  feedback: 'The trade-off is named, its price is not',
  fileReferences: 'src/cache.rs',
  forText: 'Tell me about a time when a service was down',
  kind: 'price',
  language: 'en',
  members: 'ann',
  merchant: 'Lux',
  message: 'What is wrong, in a sentence',
  messageType: 'text',
  ownerId: 'ann',
  provider: 'builtin',
  question: 'Why is there a cache in front of the store?',
  repositoryUrl: 'https://github.com/example/shop',
  role: 'participant',
  status: 'processing',
  text: 'Tell me about a time when a service was down',
  title: 'A lamp',
  token: 'eyJ…',
  url: 'https://shop.example/lamp',
  userId: 'ann',
  userName: 'Ann',
  user_id: 'ann',
  username: 'Ann',
};
/** What a number of this name may be. */
const NUMBERS: Record<string, number> = {
  bitrate: 24_000,
  confidence: 0.92,
  endTime: 3_400,
  generation: 1,
  progress: 33,
  questionNumber: 2,
  sampleRate: 48_000,
  score: 80,
  seq: 1,
  startTime: 1_200,
  totalQuestions: 8,
};

/** A message that fits the schema and says what the pattern of a fixture says, if there is one. */
export function exampleOf(schema: Schema, pattern?: Json, name = ''): Json {
  const given =
    pattern === undefined || isOpen(pattern) || isStub(pattern, name) ? undefined : pattern;
  const variant = variantFor(schema, given);
  if (given !== undefined && !isObject(given) && !Array.isArray(given)) return given;
  if ('const' in variant) return variant.const ?? null;
  if (Array.isArray(given)) return given.map((item) => exampleOf(variant.items ?? {}, item, name));
  if (isObject(given) || typesOf(variant)[0] === 'object') return objectOf(variant, given);
  return valueOf(variant, name, pattern);
}

function objectOf(schema: Schema, given: Json | undefined): Json {
  const known = isObject(given) ? given : {};
  const properties = schema.properties ?? {};
  const isWanted = (name: string): boolean =>
    name in known || (schema.required?.includes(name) ?? false);
  const ordered = [...Object.keys(properties), ...Object.keys(known)].filter(isWanted);
  // The message's kind comes first, as people write it.
  const first = (name: string): number => (name === 'type' || name === 'action' ? 0 : 1);
  const names = [...new Set(ordered)].sort((one, other) => first(one) - first(other));
  return Object.fromEntries(
    names.map((name) => [name, exampleOf(properties[name] ?? {}, known[name], name)]),
  );
}

/** A value where the fixture leaves it open. */
function valueOf(schema: Schema, name: string, pattern: Json | undefined): Json {
  if (schema.enum !== undefined) return schema.enum[0] ?? null;
  const type = typesOf(schema).find((it) => it !== 'null') ?? kindOf(pattern);
  switch (type) {
    case 'integer':
    case 'number':
      return numberOf(schema, name);
    case 'boolean':
      return true;
    case 'array':
      return schema.items === undefined ? [] : [exampleOf(schema.items, undefined, name)];
    case 'object':
      return objectOf(schema, undefined);
    case 'null':
      return null;
    default:
      return textOf(schema, name, pattern);
  }
}

function kindOf(pattern: Json | undefined): string {
  if (pattern === '$integer' || pattern === '$number') return 'integer';
  return pattern === '$boolean' ? 'boolean' : 'string';
}

function numberOf(schema: Schema, name: string): number {
  if (isTime(name)) return Date.parse(TIME) / 1000;
  const { minimum = 0, maximum = Infinity } = schema;
  return Math.min(maximum, Math.max(minimum, NUMBERS[name] ?? 0));
}

/** Whether a field tells a time, by its name. */
function isTime(name: string): boolean {
  return /(At|_at|timestamp|lastActivity)$/.test(name);
}

function textOf(schema: Schema, name: string, pattern: Json | undefined): string {
  if (schema.format === 'date-time' || pattern === '$time' || isTime(name)) return TIME;
  const known = TEXTS[name];
  if (known !== undefined) return known;
  return /id$/i.test(name) ? `${name.replace(/_?ids?$/i, '') || 'm'}-1` : 'a text';
}

function variantFor(schema: Schema, given: Json | undefined): Schema {
  const choices = variants(schema);
  const fitting =
    given === undefined ? undefined : choices.find((it) => problem(it, given) === undefined);
  return fitting ?? choices[0] ?? schema;
}

/** Whether a fixture leaves a value open. */
function isOpen(pattern: Json): boolean {
  return typeof pattern === 'string' && (KINDS.has(pattern) || /^\$[a-zA-Z]/.test(pattern));
}

/** An id of one letter is of a fixture that asks for nothing in particular. */
function isStub(pattern: Json, name: string): boolean {
  return typeof pattern === 'string' && pattern.length === 1 && /id$/i.test(name);
}

export function isObject(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of a message, as `fieldsOf` names them. */
export function pathsOf(message: Json, above = ''): string[] {
  if (Array.isArray(message))
    return [...new Set(message.flatMap((it) => pathsOf(it, `${above}[]`)))];
  if (!isObject(message)) return [];
  const before = above === '' ? '' : `${above}.`;
  return Object.entries(message).flatMap(([name, field]) => {
    return [before + name, ...pathsOf(field, before + name)];
  });
}

/** Where a value does not fit a schema; what a fixture leaves open fits. */
export function problem(schema: Schema, value: Json, path = ''): string | undefined {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) {
    return alternatives.some((it) => problem(it, value, path) === undefined) ? undefined : path;
  }
  if (isOpen(value)) return undefined;
  const fits = [fitsConstants, fitsType, fitsBounds].every((rule) => rule(schema, value));
  return fits ? problemWithin(schema, value, path) : path || 'the message';
}

function fitsConstants(schema: Schema, value: Json): boolean {
  if ('const' in schema && schema.const !== value) return false;
  return schema.enum === undefined || schema.enum.includes(value);
}

function fitsType(schema: Schema, value: Json): boolean {
  const types = typesOf(schema);
  if (types.length === 0) return true;
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return types.includes(type) || (Number.isInteger(value) && types.includes('integer'));
}

function fitsBounds(schema: Schema, value: Json): boolean {
  if (typeof value === 'number') {
    return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
  }
  if (typeof value !== 'string') return true;
  return value.length >= (schema.minLength ?? 0) && value.length <= (schema.maxLength ?? Infinity);
}

function problemWithin(schema: Schema, value: Json, path: string): string | undefined {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return undefined;
    return value.map((item, at) => problem(items, item, `${path}[${at}]`)).find(Boolean);
  }
  if (!isObject(value)) return undefined;
  const missing = schema.required?.find((name) => !(name in value));
  if (missing !== undefined) return `${path}.${missing}`;
  const known = Object.entries(schema.properties ?? {}).filter(([name]) => name in value);
  return known
    .map(([name, it]) => problem(it, value[name] ?? null, `${path}.${name}`))
    .find(Boolean);
}
