import { configDefaults, defineConfig } from 'vitest/config';

// The hooks play against a running server, whose binary QUINTET_BINARY names.
const live = process.env.QUINTET_BINARY === undefined ? ['test/hooks.test.tsx'] : [];

export default defineConfig({
  test: {
    environment: 'happy-dom',
    exclude: [...configDefaults.exclude, ...live],
    testTimeout: 120_000,
  },
});
