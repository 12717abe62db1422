/** The HTTP routes as pages, from the server's OpenAPI document. */

import { exampleOf } from './example.ts';
import { read } from './repository.ts';
import {
  type Field,
  type Schema,
  cell,
  fieldsOf,
  meaningOf,
  prose,
  tableOf,
  typeIn,
} from './schema.ts';

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

interface Body {
  description?: string;
  content?: Record<string, { schema?: Schema }>;
}

interface Operation {
  summary: string;
  description?: string;
  operationId: string;
  parameters: Parameter[];
  requestBody?: Body;
  responses: Record<string, Body>;
  security?: Record<string, unknown>[];
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** A page of routes that belong together. */
export interface Group {
  name: string;
  title: string;
  content: string;
}

/** Where a route belongs: to the first group whose pattern its path has. */
const GROUPS: [name: string, title: string, paths: RegExp][] = [
  ['analysis', 'Analyses and interviews', /^\/api\/(analy[sz](is|es|e)|interviews?)(\/|$)/],
  [
    'deals',
    'Deals, notifications, rooms',
    /^\/api\/(deals|notifications|price-alerts|rooms|tasks|users\/\{userId\}\/notifications)/,
  ],
  ['management', 'Management of connections', /@connections/],
  ['classes', 'Classes', /^\/api\/(chat|analytics|collaboration|contexts|documents)/],
  ['voice', 'Interviews by voice', /^\/api\/voice/],
  ['sessions', 'Sessions with agents', /^(\/api)?(\/ws)?\/(sessions|instructions)/],
  ['administration', 'Administration', /^\/api\/(bridges|connections|limits|stats|tokens|users)/],
  ['server', 'The server itself', /^\//],
];

/** What stands at the top of each page. */
const TOLD =
  '`$TOKEN` is a [token](/docs/protocols.md#tokens); `quintet token --sub ann` makes one, with `--role` for those who need one. What is wrong is answered as [everywhere](/docs/protocols.md#http).';

export function groups(): Group[] {
  const document = JSON.parse(read('protocol/openapi.json')) as Document;
  const all = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );
  return GROUPS.map(([name, title], at) => {
    const own = all.filter(({ path }) => GROUPS.findIndex((group) => group[2].test(path)) === at);
    const sections = own.map((it) => section(it.path, it.method, it.operation, document));
    return { name, title, content: [`# ${title}`, TOLD, ...sections].join('\n\n') };
  });
}

function section(path: string, method: string, operation: Operation, document: Document): string {
  const body = operation.requestBody;
  const statuses = Object.entries(operation.responses).map(([status, response]) => {
    return `| ${status} | ${cell(response.description ?? '')} |`;
  });
  const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
  return [
    `## ${prose(operation.summary)} {#${operation.operationId}}`,
    `\`${method.toUpperCase()} ${path}\`${needsToken(operation) ? '' : ' · without a token'}`,
    prose(operation.description ?? ''),
    titled('Parameters', tableOf(operation.parameters.map(parameter))),
    titled('What is sent', bodyOf(body, document)),
    titled('What is answered', bodyOf(success?.[1], document)),
    fenced('sh', callOf(path, method, operation, document)),
    fenced('json', exampleIn(success?.[1], document)),
    ['| status | meaning |', '| --- | --- |', ...statuses].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The route as it is called from a terminal. */
function callOf(path: string, method: string, operation: Operation, document: Document): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(exampleOf({}, '$any', name)),
  );
  const body = exampleIn(operation.requestBody, document);
  const verb =
    method === 'get' || (method === 'post' && body !== '') ? '' : ` -X ${method.toUpperCase()}`;
  return [
    `curl -s${verb} http://127.0.0.1:8000${filled}`,
    ...(needsToken(operation) ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === '' ? [] : ["-H 'Content-Type: application/json'", `-d '${quoted(body)}'`]),
  ].join(' \\\n  ');
}

/** A text within single quotes of a shell. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''");
}

/** What a body of JSON may be; nothing where it is none. */
function exampleIn(body: Body | undefined, document: Document): string {
  const schema = body?.content?.['application/json']?.schema;
  if (schema === undefined) return '';
  return JSON.stringify(exampleOf(resolved(schema, document)), null, 2);
}

function fenced(language: string, code: string): string {
  return code === '' ? '' : `\`\`\`${language}\n${code}\n\`\`\``;
}

function titled(title: string, text: string): string {
  return text === '' ? '' : `**${title}**\n\n${text}`;
}

function needsToken({ security }: Operation): boolean {
  return security !== undefined && security.length > 0;
}

function parameter({ name, required, description, schema, in: place }: Parameter): Field {
  const meaning = [description, schema === undefined ? '' : meaningOf(schema)];
  return {
    path: name,
    isRequired: required ?? false,
    type: `${typeIn(schema ?? {})}, in the ${place}`,
    meaning: meaning.filter(Boolean).join('. '),
  };
}

/** What a body is: its fields, or at least its type. */
function bodyOf(body: Body | undefined, document: Document): string {
  const [type, media] = Object.entries(body?.content ?? {})[0] ?? [];
  if (type === undefined || media?.schema === undefined) return '';
  const schema = resolved(media.schema, document);
  const isList = schema.items !== undefined;
  const fields = tableOf(fieldsOf(isList ? { properties: { '': schema } } : schema));
  if (fields !== '') return fields;
  const told = [typeIn(schema), meaningOf(schema)].filter(Boolean).map(cell).join(': ');
  return `\`${type}\`${told === '' ? '' : `, ${told}`}`;
}

/** With what its references lead to. */
function resolved(schema: Schema, document: Document): Schema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return resolved(document.components.schemas[name] ?? {}, document);
  }
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, resolved(property, document)] as const,
  );
  return {
    ...schema,
    ...(schema.properties && { properties: Object.fromEntries(properties) }),
    ...(schema.items && { items: resolved(schema.items, document) }),
    ...(schema.oneOf && { oneOf: schema.oneOf.map((it) => resolved(it, document)) }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map((it) => resolved(it, document)) }),
  };
}
