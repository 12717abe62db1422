import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds a server; the page that the server itself serves asks its own address. */
const server = process.env['QUINTET_SERVER'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [react()],
  // Relative, so that a proxy may serve the page below a path.
  base: './',
  build: {
    target: 'es2022',
    // Those that know light-dark(): what would stand in for it knows nothing of Mantine's schemes.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsDir: 'console',
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: {
      ...Object.fromEntries(
        ['/api', '/v1', '/ws', '/socket.io', '/readyz', '/metrics'].map((path) => [
          path,
          { target: server, ws: true },
        ]),
      ),
      // Deals are at the root, and what the server says of itself, as the page is.
      '^/$': {
        target: server,
        ws: true,
        bypass: ({ headers, url }) =>
          headers.upgrade === undefined && headers.accept?.includes('text/html') ? url : undefined,
      },
    },
  },
});
