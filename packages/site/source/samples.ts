/** The code that stands in the papers of the repository, by its language. */

import { list, read } from './repository.ts';

/** A block of code, and where it stands. */
export interface Sample {
  language: string;
  code: string;
  /** Its file and line. */
  place: string;
}

const PAPERS = [
  'README.md',
  'packages/client/README.md',
  'packages/react/README.md',
  'packages/site/README.md',
  'protocol/README.md',
];

/** All blocks of code that name their language. */
export function samples(): Sample[] {
  const guides = list('docs', '.md').map((name) => `docs/${name}`);
  return [...PAPERS, ...guides].flatMap((file) => within(read(file), file));
}

function within(text: string, file: string): Sample[] {
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map((found) => {
    const [, language = '', code = ''] = found;
    const line = text.slice(0, found.index).split('\n').length;
    return { language, code, place: `${file}:${line}` };
  });
}
