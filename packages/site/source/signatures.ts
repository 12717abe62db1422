/** What the packages export, from the declarations that the compiler writes when they are built. */

import { exists, list, read } from './repository.ts';
import { prose } from './schema.ts';

/** Modules in the order in which a reader wants them: the connection, each protocol, what they share. */
const CLIENT = [
  'client',
  'connection',
  'analysis',
  'interviews',
  'deals',
  'deals/board',
  'deals/rooms',
  'chat',
  'analytics',
  'collaboration',
  'voice',
  'voice/session',
  'voice/microphone',
  'voice/playback',
  'sessions',
  'api',
  'token',
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
  'frames',
];
/** What only the packages themselves need of those. */
const INTERNAL = new Set([
  'Board',
  'JoinRoom',
  'NO_SESSION',
  'ONCE',
  'Rooms',
  'freshToken',
  'hasExpired',
  'placed',
  'toBytes',
  'useHeld',
  'useServer',
  'useShared',
  'whyRefused',
  'withPerson',
]);
/** Comments are wrapped before this column, so that nobody scrolls sideways to read them. */
const COLUMN_MAX = 76;

/** Something exported: its name, what is said of it, and its declaration. */
export interface Signature {
  name: string;
  told: string;
  code: string;
}

/** Where it is exported. */
interface Exported extends Signature {
  module: string;
}

const CLIENT_TOLD = `
Each protocol has a client; what all of them can do is told once, at \`Client\` and \`Connection\`. A name is imported from
the module that its heading stands under, such as \`@quintet/client/chat\`; the most used ones also from \`@quintet/client\`.
The messages themselves (\`ToServer\`, \`ToClient\`) are those of the [protocols](/protocol/README.md).`;
const REACT_TOLD = `
All from \`@quintet/react\`, but what voice needs, which is \`@quintet/react/voice\`. What a hook gives is mostly what the
[client](/packages/client/README.md) of its protocol has.`;

export function clientPage(): string {
  const title = (module: string): string => `\`@quintet/client/${module}\``;
  return page('Client: reference', CLIENT_TOLD, CLIENT, 'client', title);
}

export function reactPage(): string {
  return page('Hooks: reference', REACT_TOLD, REACT, 'react', (module) => `\`${module}\``);
}

function page(
  title: string,
  told: string,
  modules: string[],
  folder: string,
  titleOf: (module: string) => string,
): string {
  const all = exportsOf(folder);
  const wanted = all.filter(({ module, name }) => modules.includes(module) && !INTERNAL.has(name));
  const shown = [...wanted, ...parts(wanted, all)];
  const sections = [...modules, undefined].flatMap((module) => {
    const own = shown.filter((it) =>
      module === undefined ? !modules.includes(it.module) : it.module === module,
    );
    if (own.length === 0) return [];
    const heading =
      module === undefined
        ? 'What these are made of {#parts}'
        : `${titleOf(module)} {#${id(module)}}`;
    return [`## ${heading}`, ...own.flatMap((it) => section(it, shown))];
  });
  return [`# ${title}`, told.trim(), ...sections].join('\n\n');
}

/** Whatever a package exports, but the messages. */
export function exportsOf(folder: string): Exported[] {
  const files = ['', 'collaboration/', 'voice/'].flatMap((below) =>
    exists(`packages/${folder}/dist/${below}`)
      ? list(`packages/${folder}/dist/${below}`, '.d.ts').map((name) => below + name)
      : [],
  );
  return files.flatMap((file) => {
    const module = file.replace(/\.d\.ts$/, '');
    const found = signaturesOf(read(`packages/${folder}/dist/${file}`));
    return found.map((signature) => ({ ...signature, module }));
  });
}

/** What is exported elsewhere, and is named by what a reader sees. */
function parts(wanted: Exported[], all: Exported[]): Exported[] {
  const found: Exported[] = [];
  for (const from of wanted) {
    const named = all.filter((it) => names(from.code).has(it.name));
    // A module's own comes before others' of the same name.
    const others = named.filter(
      (it) => ![...wanted, ...found].some(({ name }) => name === it.name),
    );
    found.push(...others);
  }
  return found.length === 0
    ? []
    : [
        ...found,
        ...parts(
          found,
          all.filter((it) => !wanted.includes(it) && !found.includes(it)),
        ),
      ];
}

/** The names that a declaration has in it, comments aside. */
export function names(code: string): Set<string> {
  const bare = code.replace(/\/\*[^]*?\*\//g, '').replace(/'[^']*'/g, '');
  return new Set(bare.match(/\b[A-Za-z]\w+\b/g));
}

function id(module: string): string {
  return module.replaceAll('/', '-');
}

function section(signature: Exported, shown: Exported[]): string[] {
  const { module, name, told, code } = signature;
  const named = names(code);
  const known = shown.filter((it) => it !== signature && it.name !== name && named.has(it.name));
  const links = [...new Map(known.map((it) => [it.name, it])).values()].map(
    // As HTML, since a link of Markdown would lose its capitals.
    (it) => `<a href="#${id(it.module)}-${it.name}"><code>${it.name}</code></a>`,
  );
  return [
    `### ${name} {#${id(module)}-${name}}`,
    paragraphs(told),
    `\`\`\`ts\n${wrapped(code)}\n\`\`\``,
    ...(links.length === 0 ? [] : [`With ${links.join(', ')}.`]),
  ];
}

/** What is said of it, as Markdown: tags of the comment begin lines of their own. */
function paragraphs(told: string): string {
  return prose(plain(told))
    .replace(/\n*@(throws|param|returns) (?:\{(\w+)\} )?/g, (_, tag: string, type = '') => {
      const lead =
        tag === 'throws'
          ? `Throws${type && ` \`${type}\``} `
          : tag === 'param'
            ? 'With '
            : 'Gives ';
      return `\n\n${lead}`;
    })
    .trim();
}

function plain(told: string): string {
  return told.replace(/\{@link (\w+)\}/g, '`$1`');
}

/** Code whose comments of one line are not longer than a line is. */
function wrapped(code: string): string {
  return code
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', text] = /^( *)\/\*\* (.*) \*\/$/.exec(plain(line)) ?? [];
      if (text === undefined || line.length <= COLUMN_MAX) return [plain(line)];
      const lines = text.split(' ').reduce<string[]>((done, word) => {
        const last = done.at(-1);
        const isFull =
          last === undefined || indent.length + last.length + word.length + 4 > COLUMN_MAX;
        return isFull ? [...done, word] : [...done.slice(0, -1), `${last} ${word}`];
      }, []);
      return [`${indent}/**`, ...lines.map((it) => `${indent} * ${it}`), `${indent} */`];
    })
    .join('\n');
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
