import { pages } from '../source/pages.ts';

/** Everything that the site shows but its first page. */
export default {
  watch: ['../../../*.md', '../../../docs/**/*.md', '../../../protocol/*', '../../*/README.md'],
  paths: () =>
    pages().map(({ path, content, attempt }) => {
      const [folder = '', page = ''] = path.split('/');
      return { params: { folder, page, ...(attempt && { attempt }) }, content };
    }),
};
