import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { checkScenario } from '../../simulations/scenario/load.ts'
import type { Job, Outcome } from '../../simulations/sweep/job.ts'
import { placeObjectsYoung } from '../../simulations/sweep/placement.ts'
import { runPool } from '../../simulations/sweep/pool.ts'
import type { Bench, BenchOptions } from './bench.ts'
import type { Figure } from './figure.ts'

/** Rounds of one run of the grid: long against what a thread takes to start. */
const ROUNDS = 2_000
/** Runs of the grid; even, so that two threads can share them. */
const RUNS = 8
/** Measurements of which the middle one counts, all ways in turn. */
const REPEATS = 3
/** A second or two of numbers alone: nothing is allocated, collected or compiled beside it. */
const ARITHMETIC = `
  let x = 1
  for (let i = 0; i < 1_000_000_000; i++) x = Math.imul(x ^ i, 0x2c1b3c6d)
  require('node:worker_threads').parentPort.postMessage(x)`

export const sweepBench: Bench = {
  name: 'sweep',
  about: 'how much sooner two threads finish a sweep than one, and what the machine could',
  run: benchSweep,
}

/** Seconds that the same grid takes in several ways, and twice the same numbers. */
interface Measured {
  readonly one: number
  readonly two: number
  /** Two processes with half of the grid each. */
  readonly processes: number
  /** Processor time of one thread and of two, with those that compile and collect for them. */
  readonly workOne: number
  readonly workTwo: number
  readonly numbersOne: number
  readonly numbersTwo: number
}

async function benchSweep({ nodes, rounds, signal, say }: BenchOptions) {
  placeObjectsYoung()
  const figures: Figure[] = []
  for (const size of nodes.length === 0 ? [4] : nodes) {
    const grid = { size, rounds: rounds ?? ROUNDS }
    const measured: Measured[] = []
    for (let repeat = 0; repeat < REPEATS && !signal.aborted; repeat++) {
      say(`n = ${size}, ${RUNS} runs of ${grid.rounds} rounds, ${repeat + 1} of ${REPEATS}`)
      measured.push(await measure(grid, signal))
    }
    if (signal.aborted) break
    measured.sort((a, b) => a.one / a.two - b.one / b.two)
    const middle = measured[REPEATS >> 1]
    if (middle !== undefined) figures.push(...figuresOf(size, middle))
  }
  return figures
}

interface Grid {
  readonly size: number
  readonly rounds: number
}

async function measure(grid: Grid, signal: AbortSignal): Promise<Measured> {
  const start = processorSeconds()
  const one = await secondsOf(() => sweep(grid, 1, signal))
  const between = processorSeconds()
  const two = await secondsOf(() => sweep(grid, 2, signal))
  const end = processorSeconds()
  const halves = [0, RUNS / 2].map((from) => ({ ...grid, from, count: RUNS / 2 }))
  return {
    one,
    two,
    workOne: between - start,
    workTwo: end - between,
    processes: await secondsOf(() => Promise.all(halves.map((half) => inProcess(half, signal)))),
    numbersOne: await secondsOf(() => numbers()),
    numbersTwo: await secondsOf(() => Promise.all([numbers(), numbers()])),
  }
}

function figuresOf(size: number, middle: Measured): readonly Figure[] {
  const { one, two, processes, workOne, workTwo, numbersOne, numbersTwo } = middle
  const rounded = (value: number) => Math.round(value * 1_000) / 1_000
  const of = size === 4 ? 'simulator.sweep' : `simulator.sweep.n${size}`
  const compared = (name: string, unit: string, seconds: number): Figure => ({
    name: `${of}.${name}`,
    value: rounded(RUNS / seconds),
    unit: `runs per second of ${unit}; floor: of one thread`,
    floor: rounded(RUNS / one),
    ratio: rounded(one / seconds),
  })
  return [
    compared('twoCores', 'two threads', two),
    compared('twoProcesses', 'two processes that share nothing', processes),
    {
      name: `${of}.work`,
      value: rounded(workTwo),
      unit: 'seconds of processor time of two threads; floor: of one',
      floor: rounded(workOne),
      ratio: rounded(workTwo / workOne),
    },
    {
      name: `${of}.coresOfOne`,
      value: rounded(workOne / one),
      unit: 'cores that one thread keeps busy',
    },
    {
      name: `${of}.machine`,
      value: rounded((2 * numbersOne) / numbersTwo),
      unit: 'times the numbers of one thread that two reach in the same time',
    },
  ]
}

/** The runs of a grid, by seed. */
export function jobsOf({ size, rounds }: Grid): readonly Job[] {
  const scenario = checkScenario({ name: 'bench', rounds, committee: { members: size } })
  return Array.from({ length: RUNS }, (_, at) => ({ scenario, seed: 1 + at }))
}

/** @throws {Error} when a run is not the steady state that is measured */
export function requireHonest({ violationCount, rounds }: Outcome, wanted: number): void {
  if (violationCount === 0 && rounds.opened === wanted) return
  throw new Error('the honest steady state is not what it should be')
}

async function secondsOf(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return (performance.now() - startedMs) / 1_000
}

/** Processor time of all threads of this process so far. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}

/** A sweep of the grid, the start of its threads included. */
async function sweep(grid: Grid, workers: number, signal: AbortSignal): Promise<void> {
  const jobs = jobsOf(grid)
  let answers = 0
  await runPool(
    jobs.map((job) => ({ type: 'run' as const, job })),
    {
      workers,
      signal,
      onAnswer: (_, answer) => {
        if (answer.type !== 'run') throw new Error('a run was answered by something else')
        requireHonest(answer.outcome, grid.rounds)
        answers += 1
      },
    },
  )
  if (!signal.aborted && answers !== jobs.length) throw new Error('a run has no answer')
}

async function inProcess(half: Grid, signal: AbortSignal): Promise<void> {
  const script = fileURLToPath(new URL('./sweep-process.ts', import.meta.url))
  try {
    await promisify(execFile)(process.execPath, [script, JSON.stringify(half)], { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function numbers(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(ARITHMETIC, { eval: true })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
