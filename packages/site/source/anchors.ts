/** What the generator does not see: links within pages whose anchor is not there. */

import { readFile, readdir } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';

/** Each link of the built pages that leads to no page or to no place in one, with where it stands. */
export async function missingAnchors(folder: string, base: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.html'));
  const built = new Map<string, string>();
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    built.set(relative(folder, path).split(sep).join('/'), await readFile(path, 'utf8'));
  }
  return [...built].flatMap(([page, html]) =>
    linksOf(html)
      .filter((target) => !leads(target, page, built, base))
      .map((target) => `${page}: ${target}`),
  );
}

function linksOf(html: string): string[] {
  const links = [...html.matchAll(/<a [^>]*?href="([^"]*)"/g)].map(([, target = '']) => target);
  return [...new Set(links)].filter((target) => !/^([a-z]+:|\/\/)/i.test(target));
}

function leads(target: string, page: string, built: Map<string, string>, base: string): boolean {
  const [path = '', anchor] = target.split('#');
  const inside = path.startsWith(base) ? path.slice(base.length) : undefined;
  const file = path === '' ? page : (inside ?? posix.join(posix.dirname(page), path));
  const html = built.get(file) ?? built.get(posix.join(file, 'index.html'));
  if (html === undefined) return false;
  return anchor === undefined || html.includes(`id="${decodeURIComponent(anchor)}"`);
}
