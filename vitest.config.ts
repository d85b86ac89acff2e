import { defineConfig } from 'vitest/config'

// The workspace runs unbuilt: `annals` resolves to its TypeScript sources through this condition.
// `import` and `require` are not named: each way of loading has its own.
const conditions = ['annals-source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      'packages/annals/src/**/*.test.ts',
      'packages/annals/test/**/*.test.ts',
      'examples/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    maxWorkers: 2,
    // a test waits for what it needs; this ends only one that hangs, on a slow machine too
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default', './scripts/closing-line.ts'],
  },
})
