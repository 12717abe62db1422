/** What the packages export, from the declarations that the compiler writes when they are built. */

import { exists, read } from './repository.ts';
import { prose } from './schema.ts';

/** Modules in the order in which a reader wants them: the connection, each protocol, what they share. */
const CLIENT = [
  'connection',
  'analysis',
  'deals',
  'chat',
  'analytics',
  'collaboration',
  'voice',
  'sessions',
  'api',
  'state',
  'ending',
  'fault',
  'store',
];
const REACT = [
  'provider',
  'connection',
  'analysis',
  'deals',
  'learning',
  'voice',
  'sessions',
  'store',
];

/** Something exported: its name, what is said of it, and its declaration. */
export interface Signature {
  name: string;
  told: string;
  code: string;
}

export function clientPage(): string {
  const modules = CLIENT.filter((name) => exists(`packages/client/dist/${name}.d.ts`));
  return page('Client: signatures', modules, 'client', (name) => `@quintet/client/${name}`);
}

export function reactPage(): string {
  return page('Hooks: signatures', REACT, 'react', (name) => name);
}

function page(
  title: string,
  modules: string[],
  folder: string,
  titleOf: (module: string) => string,
): string {
  const sections = modules.flatMap((module) => {
    const signatures = signaturesOf(read(`packages/${folder}/dist/${module}.d.ts`));
    return [
      `## \`${titleOf(module)}\` {#${module}}`,
      ...signatures.flatMap((it) => section(module, it)),
    ];
  });
  return [`# ${title}`, ...sections].join('\n\n');
}

function section(module: string, { name, told, code }: Signature): string[] {
  const heading = `### ${name} {#${module}-${name}}`;
  return [heading, prose(told), `\`\`\`ts\n${code}\n\`\`\``];
}

/** The exports of a declaration file, which the compiler writes with one declaration after another. */
export function signaturesOf(text: string): Signature[] {
  const found: Signature[] = [];
  let comment: string[] = [];
  let code: string[] | undefined;
  let isComment = false;
  for (const line of text.split('\n')) {
    if (code === undefined) {
      if (line.startsWith('/**')) comment = [];
      if (line.startsWith('/**') || isComment) {
        comment.push(line);
        isComment = !line.includes('*/');
        continue;
      }
      if (!line.startsWith('export declare ') && !/^export (interface|type) /.test(line)) continue;
      code = [];
    }
    code.push(line);
    if (!isLast(line)) continue;
    found.push(signature(comment, code));
    [comment, code] = [[], undefined];
  }
  return merged(found.filter(({ name }) => name !== ''));
}

/** What is both a value and a type, or has several ways to be called, stands in one place. */
function merged(found: Signature[]): Signature[] {
  const names = [...new Set(found.map(({ name }) => name))];
  return names.map((name) => {
    const own = found.filter((signature) => signature.name === name);
    const told = own.map((signature) => signature.told).find((text) => text !== '') ?? '';
    return { name, told, code: own.map(({ code }) => code).join('\n') };
  });
}

/** Whether a declaration ends: only what is not indented does. */
function isLast(line: string): boolean {
  return /^\S/.test(line) && /[;}]$/.test(line);
}

function signature(comment: string[], code: string[]): Signature {
  const head = code[0] ?? '';
  const name = /(?:class|interface|type|function|const) (\w+)/.exec(head)?.[1] ?? '';
  const told = comment
    .map((line) => line.replace(/^\s*\/?\*+\/? ?/, '').replace(/\s*\*\/\s*$/, ''))
    .join('\n')
    .trim();
  const visible = code
    .filter((line) => !/^\s+(#private|private )/.test(line))
    .map((line) => line.replace(/^ +/, (indent) => ' '.repeat(indent.length / 2)));
  return { name, told, code: visible.join('\n').replace(/^export (declare )?/, '') };
}
