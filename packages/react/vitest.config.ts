import { defineConfig } from 'vitest/config';

// The tests play against a running server, whose binary QUINTET_BINARY names.
export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: process.env.QUINTET_BINARY === undefined ? [] : ['test/**/*.test.tsx'],
    passWithNoTests: true,
    testTimeout: 120_000,
  },
});
