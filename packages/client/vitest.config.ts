import { defineConfig } from 'vitest/config';

// Tests of a folder `live` play against a running server, whose binary QUINTET_BINARY names.
const isLive = process.env.QUINTET_BINARY !== undefined;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: isLive ? [] : ['test/live/**'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
