/** The repository's papers as they read here: links that lead from file to file lead from page to page. */

import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { type Page, pages } from './pages.ts';
import { exists } from './repository.ts';

type Token = ReturnType<MarkdownRenderer['parse']>[number];

/** Where files that are no page can be read, such as `https://git.example/quintet/blob/main/`. */
const FILES = process.env['SITE_FILES'];

/** Lets links to files lead to their pages; what has none leads to `SITE_FILES`, or is text. */
export function linkPages(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('pages', (state) => {
    const env = state.env as { relativePath?: string };
    const page = pages().find(({ path }) => `${path}.md` === env.relativePath);
    if (page === undefined) return;
    for (const [at, token] of state.tokens.entries()) {
      link(token.children ?? [], page);
      // A corner of a table that says nothing is no heading.
      if (token.type === 'th_open' && isEmpty(state.tokens[at + 1])) {
        token.tag = 'td';
        const close = state.tokens[at + 2];
        if (close !== undefined) close.tag = 'td';
      }
      // What is indented looks as what is fenced does.
      if (token.type === 'code_block')
        [token.type, token.tag, token.info] = ['fence', 'code', 'sh'];
    }
  });
}

function isEmpty(token: Token | undefined): boolean {
  return token?.type === 'inline' && token.content === '';
}

function link(tokens: Token[], page: Page): void {
  const opened: Token[] = [];
  for (const token of tokens) {
    if (token.type === 'link_open') {
      opened.push(token);
      lead(token, page);
    }
    const start = token.type === 'link_close' ? opened.pop() : undefined;
    if (start?.tag === 'span') [token.type, token.tag] = ['span_close', 'span'];
  }
}

function lead(token: Token, page: Page): void {
  const target = token.attrGet('href') ?? '';
  if (/^([a-z]+:|#|\/\/)/i.test(target)) return;
  const address = addressOf(target, page);
  if (address !== undefined) return token.attrSet('href', address);
  [token.type, token.tag, token.attrs] = ['span_open', 'span', null];
}

/** Where a link of a page leads: from the root of the site, or nowhere. */
export function addressOf(target: string, page: Page): string | undefined {
  const [path = '', anchor] = decodeURI(target).split('#');
  // What this site itself writes names files from the root of the repository.
  const folder = page.source === undefined ? '.' : posix.dirname(page.source);
  const file = path.startsWith('/') ? path.slice(1) : posix.join(folder, path);
  if (!exists(file)) throw new Error(`${page.source ?? page.path}: there is no ${file}`);
  const found = pages().find(({ source }) => source === file) ?? firstIn(file);
  if (found !== undefined) return `/${found.path}.html${anchor === undefined ? '' : `#${anchor}`}`;
  return FILES === undefined ? undefined : new URL(file, FILES).href;
}

/** For a folder, its first page. */
function firstIn(folder: string): Page | undefined {
  const inside = `${posix.join(folder, '.')}/`;
  return pages().find(({ source }) => source !== undefined && source.startsWith(inside));
}
