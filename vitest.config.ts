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
    // What is polled for comes when the machine gets to it; the default is a second.
    expect: { poll: { timeout: testTimeoutMs / 2 } },
    retry: 0,
    isolate,
  },
})

/**
 * After this a test hangs. It says nothing of how fast anything is: on two cores that others use as
 * well, tests took eight times as long as alone.
 */
const HANGS_MS = 300_000

/**
 * Tests of the pure share processes with the modules they have loaded: loading anew for each file
 * was a third of the processor time of `unit` (docs/adr/0075-two-lanes-of-the-gate.md).
 */
const SHARED = false

/**
 * What computes beside the tests of real time gets what they leave of two cores (ADR 0075), and a
 * network end to end is a dozen processes: the time of its stage bounds it, not that of one test.
 */
const LONG_MS = 600_000

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('architecture', HANGS_MS, SHARED),
      project('unit', HANGS_MS, SHARED),
      project('property', LONG_MS, SHARED),
      project('conformance', LONG_MS, SHARED),
      project('compliance', HANGS_MS),
      project('contracts', LONG_MS),
      project('simulation', LONG_MS),
      project('integration', HANGS_MS),
      project('e2e', LONG_MS),
    ],
  },
})
