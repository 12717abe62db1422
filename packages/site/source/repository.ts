/** The repository that this site describes: every page is made from its files as they are. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Found from where the script runs, since what is bundled stands elsewhere than its source. */
export const root = rootAbove(process.cwd());

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'protocol', 'asyncapi.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('run this within the repository');
  return rootAbove(above);
}

/** A text file by its path in the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

/** The names of a folder's files, sorted. */
export function list(folder: string, ending: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(ending));
  return names.sort();
}
