import { defineConfig } from 'vitest/config'

// One project per folder of test/, so that `npm test` can run the fast ones first and
// name the folder of what fails. No retries anywhere: a flaky test is a bug.
const project = (name: string, testTimeoutMs: number, isolate = true) => ({
  // The package by its own name is what stands here, not what `npm pack` makes of it.
  ssr: { resolve: { conditions: ['parallax-source', 'module', 'node', 'development|production'] } },
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    setupFiles: ['test/support/fast-check.ts'],
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    retry: 0,
    isolate,
  },
})

/**
 * Tests of the pure share processes with the modules they have loaded: loading anew for each file
 * was a third of the processor time of `unit` (docs/adr/0075-two-lanes-of-the-gate.md).
 */
const SHARED = false

/**
 * What computes beside the tests of real time gets what they leave of two cores (ADR 0075): the
 * time of its stage bounds it, not that of one test.
 */
const BESIDE_MS = 600_000

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('architecture', 60_000, SHARED),
      project('unit', 60_000, SHARED),
      project('property', BESIDE_MS, SHARED),
      project('conformance', BESIDE_MS, SHARED),
      project('compliance', 60_000),
      project('contracts', BESIDE_MS),
      project('simulation', BESIDE_MS),
      project('integration', 120_000),
      project('e2e', 300_000),
    ],
  },
})
