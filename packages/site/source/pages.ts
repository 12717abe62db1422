/** Every page of the site: where it stands, what it is made from. */

import { protocols, type Attempt } from './protocols.ts';
import { list, read } from './repository.ts';
import { groups } from './routes.ts';
import { clientPage, reactPage } from './signatures.ts';

export interface Page {
  /** Its address without ending: `guide/tour`. */
  path: string;
  title: string;
  content: string;
  /** The file that it shows, where it is one: its links are relative to that. */
  source?: string;
  attempt?: Attempt;
}

/** A part of the side bar. */
export interface Section {
  title: string;
  pages: Page[];
}

let made: Section[] | undefined;

/** All sections; made once. */
export function sections(): Section[] {
  made ??= make();
  return made;
}

export function pages(): Page[] {
  return sections().flatMap((section) => section.pages);
}

function make(): Section[] {
  return [
    {
      title: 'Begin',
      pages: [quickStart(), ...files('guide', 'docs', ['console', 'tour', 'voice'])],
    },
    {
      title: 'Protocols',
      pages: [
        file('protocols/common', 'docs/protocols.md'),
        ...protocolPages(),
        file('protocols/fixtures', 'protocol/README.md'),
      ],
    },
    { title: 'HTTP', pages: httpPages() },
    { title: 'Client API', pages: clientPages() },
    {
      title: 'Run it',
      pages: files('guide', 'docs', ['configuration', 'operations', 'metrics', 'handlers']),
    },
    {
      title: 'Know it',
      pages: [...files('guide', 'docs', ['benchmarks', 'scores']), ...project()],
    },
    { title: 'Decisions', pages: decisions() },
  ];
}

/** The README from its commands to its map. */
function quickStart(): Page {
  const source = 'README.md';
  const text = read(source);
  const from = text.indexOf('## Two commands');
  const to = text.indexOf('## The map');
  if (from < 0 || to < from) throw new Error('README.md has no quick start');
  const content = `# Quick start\n\n${text.slice(from, to)}`;
  return { path: 'guide/quick-start', title: 'Quick start', content, source };
}

function files(folder: string, from: string, names: string[]): Page[] {
  return names.map((name) => file(`${folder}/${name}`, `${from}/${name}.md`));
}

function file(path: string, source: string): Page {
  const content = read(source);
  return { path, title: titleOf(content), content, source };
}

/** The text of its first heading. */
function titleOf(content: string): string {
  return /^# (.+)$/m.exec(content)?.[1]?.replaceAll('`', '') ?? '';
}

function protocolPages(): Page[] {
  return protocols().map(({ channel, title, content, attempt }) => {
    return { path: `protocols/${channel}`, title, content, attempt };
  });
}

function httpPages(): Page[] {
  return groups().map(({ name, title, content }) => ({ path: `http/${name}`, title, content }));
}

function clientPages(): Page[] {
  return [
    file('client/library', 'packages/client/README.md'),
    { path: 'client/signatures', title: 'Client: reference', content: clientPage() },
    file('client/hooks', 'packages/react/README.md'),
    { path: 'client/hook-signatures', title: 'Hooks: reference', content: reactPage() },
  ];
}

function project(): Page[] {
  const names = ['ARCHITECTURE', 'CONTRIBUTING', 'CHANGELOG', 'SECURITY'];
  return names.map((name) => file(`project/${name.toLowerCase()}`, `${name}.md`));
}

function decisions(): Page[] {
  return list('docs/adr', '.md').map((name) => {
    return file(`decisions/${name.replace(/\.md$/, '')}`, `docs/adr/${name}`);
  });
}
