import { defineConfig } from 'vitepress';
import { missingAnchors } from '../source/anchors.ts';
import { linkPages } from '../source/links.ts';
import { pages, sections } from '../source/pages.ts';

const sidebar = sections().map(({ title, pages: own }) => ({
  text: title,
  collapsed: title === 'Decisions',
  items: own.map((page) => ({ text: page.title, link: `/${page.path}` })),
}));

/** The path below which the site is served. */
const base = process.env['SITE_BASE'] ?? '/';

export default defineConfig({
  title: 'Quintet',
  description: 'Documentation of Quintet, a server for people and agents who talk in real time',
  lang: 'en',
  base,
  outDir: 'dist',
  cacheDir: 'node_modules/.cache/vitepress',
  srcExclude: ['README.md', 'dist/**', 'test/**'],
  head: [['link', { rel: 'icon', href: `${base}icon.svg` }]],
  markdown: {
    config: linkPages,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
  },
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      { text: 'Quick start', link: '/guide/quick-start' },
      { text: 'Protocols', link: '/protocols/chat', activeMatch: '/protocols/' },
      { text: 'HTTP', link: '/http/analysis', activeMatch: '/http/' },
      { text: 'Client API', link: '/client/library', activeMatch: '/client/' },
      { text: 'Operations', link: '/guide/operations' },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        // Most pages are no files of their own, and would be found by nobody.
        _render: (text, env, markdown) => {
          const page = pages().find(({ path }) => `${path}.md` === env.relativePath);
          return markdown.renderAsync(page?.content ?? text, env);
        },
      },
    },
  },
  vite: {
    publicDir: 'public',
    build: { chunkSizeWarningLimit: 1200 },
  },
  buildEnd: async ({ outDir }) => {
    const missing = await missingAnchors(outDir, base);
    if (missing.length > 0) throw new Error(`links to nowhere:\n${missing.join('\n')}`);
  },
});
