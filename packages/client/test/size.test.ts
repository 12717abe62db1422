import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const KILOBYTE = 1_000;

describe('a page pays for what it uses', () => {
  it.each(['analysis', 'deals', 'chat', 'analytics', 'collaboration', 'sessions'])(
    'the core with %s alone is under 12 kB',
    async (name) => {
      const entry = new URL(`../src/${name}.ts`, import.meta.url).pathname;
      const { outputFiles } = await build({
        entryPoints: [entry],
        bundle: true,
        minify: true,
        format: 'esm',
        target: 'es2022',
        write: false,
      });
      const bytes = gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length;
      expect(bytes).toBeGreaterThan(KILOBYTE);
      expect(bytes).toBeLessThan(12 * KILOBYTE);
    },
  );
});
