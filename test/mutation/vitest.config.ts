import { defineConfig } from 'vitest/config';

const conditions = ['source'];

/** The tests that the circuit's folder answers to. Fewer walks than usual, and always the same ones. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/core/src/circuit/*.test.ts', 'packages/core/src/brownout.test.ts'],
    setupFiles: ['test/mutation/seed.ts'],
    env: { RUNS: '240' },
    testTimeout: 20_000,
  },
});
