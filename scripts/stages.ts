/** One program to run; its exit code decides, and `counts` says that it also counts tests. */
export interface Step {
  /** A path below the repository, run with the Node that runs us. */
  readonly program: string
  readonly args: readonly string[]
  readonly counts: boolean
}

export interface Stage {
  readonly name: string
  /**
   * Where the whole gate runs it (docs/adr/0075-two-lanes-of-the-gate.md): in front, one after the
   * other and watched, what is quick or lives in real time; beside, with what the others leave of
   * the processor, what only computes.
   */
  readonly lane: 'front' | 'beside'
  /**
   * After this the stage hangs: it is stopped and counts as failed. Far above what it takes, since
   * a machine that is slower, or has others to serve, is no fault of the code.
   */
  readonly timeoutMs: number
  readonly steps: readonly Step[]
}

const MINUTE_MS = 60_000
const VITEST = 'node_modules/vitest/vitest.mjs'

/** Projects of the type checker: one per layer, so that each sees only what it may name. */
const TYPE_PROJECTS = [
  'aggregator',
  'node',
  'node/client',
  'simulations',
  'simulations/tsconfig.tools.json',
  'contracts',
  'scripts',
  'test',
]

/**
 * Programs that write committed files and, with --check, compare instead. An architecture test
 * finds a generated file whose program is not listed.
 */
export const GENERATORS: readonly string[] = [
  'contracts/abi/export.ts',
  'contracts/gas.ts',
  'contracts/snapshot.ts',
  'test/vectors/generate.ts',
  'test/support/derivatives/generate.ts',
]

/** The gate in its order: what fails fastest and most often comes first. */
export const STAGES: readonly Stage[] = [
  {
    name: 'types',
    lane: 'front',
    timeoutMs: 15 * MINUTE_MS,
    steps: TYPE_PROJECTS.map((project) =>
      check('node_modules/typescript/bin/tsc', ['--project', project]),
    ),
  },
  {
    name: 'lint',
    lane: 'front',
    timeoutMs: 10 * MINUTE_MS,
    steps: [check('node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'])],
  },
  {
    name: 'generated',
    lane: 'beside',
    timeoutMs: 30 * MINUTE_MS,
    steps: GENERATORS.map((generator) => check(generator, ['--check'])),
  },
  tests('architecture', { lane: 'front', minutesMax: 10 }),
  tests('unit', { lane: 'front', minutesMax: 20 }),
  tests('property', { lane: 'beside', minutesMax: 30 }),
  tests('conformance', { lane: 'beside', minutesMax: 15 }),
  tests('compliance', { lane: 'front', minutesMax: 15 }),
  {
    ...tests('contracts', { lane: 'beside', minutesMax: 45 }),
    steps: [vitest('contracts'), solidity()],
  },
  tests('simulation', { lane: 'beside', minutesMax: 45 }),
  oneFileAtATime('integration', { lane: 'front', minutesMax: 30 }),
  oneFileAtATime('e2e', { lane: 'front', minutesMax: 30 }),
]

interface TestOptions {
  readonly lane: Stage['lane']
  readonly minutesMax: number
}

function tests(name: string, { lane, minutesMax }: TestOptions): Stage {
  return { name, lane, timeoutMs: minutesMax * MINUTE_MS, steps: [vitest(name)] }
}

/** Tests that live in real time must not take the processor from one another. */
function oneFileAtATime(name: string, options: TestOptions): Stage {
  const step = vitest(name)
  return {
    ...tests(name, options),
    steps: [{ ...step, args: [...step.args, '--no-file-parallelism'] }],
  }
}

function check(program: string, args: readonly string[]): Step {
  return { program, args, counts: false }
}

function vitest(project: string): Step {
  const reporters = ['--reporter=default', '--reporter=./scripts/vitest-counts.ts']
  return { program: VITEST, args: ['run', '--project', project, ...reporters], counts: true }
}

function solidity(): Step {
  return { program: 'scripts/solidity.ts', args: [], counts: true }
}
