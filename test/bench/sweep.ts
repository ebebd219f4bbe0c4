import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Bench, BenchOptions } from './bench.ts'
import type { Figure } from './figure.ts'

/** Runs of the sweep and rounds of each: a scenario of a quarter of an hour, many seeds. */
const RUNS = 200
const ROUNDS = 900
/** Measurements of which the middle one counts, all ways in turn. */
const REPEATS = 3
/** A second or two of numbers alone: nothing is allocated, collected or compiled beside it. */
const ARITHMETIC = `
  let x = 1
  for (let i = 0; i < 1_000_000_000; i++) x = Math.imul(x ^ i, 0x2c1b3c6d)
  require('node:worker_threads').parentPort.postMessage(x)`

export const sweepBench: Bench = {
  name: 'sweep',
  about: 'how much sooner two cores finish a sweep than one, and what the machine could',
  run: benchSweep,
}

export interface SweepSize {
  readonly members: number
  readonly runs: number
  readonly rounds: number
  readonly workers: number
}

/** What a sweep took, the start of its threads included. */
export interface SweepCost {
  readonly seconds: number
  /** Of all threads, with those that compile and collect for them. */
  readonly processorSeconds: number
}

/** The same sweep in several ways, and twice the same numbers. */
interface Measured {
  /** One thread, and one core for all that the engine does beside it. */
  readonly oneCore: SweepCost
  /** One thread that has both cores. */
  readonly oneThread: SweepCost
  readonly twoThreads: SweepCost
  readonly numbersOne: number
  readonly numbersTwo: number
}

async function benchSweep({ nodes, rounds, signal, say }: BenchOptions) {
  const figures: Figure[] = []
  for (const members of nodes.length === 0 ? [4] : nodes) {
    const size = { members, runs: RUNS, rounds: rounds ?? ROUNDS }
    const measured: Measured[] = []
    for (let repeat = 0; repeat < REPEATS && !signal.aborted; repeat++) {
      say(`n = ${members}, ${RUNS} runs of ${size.rounds} rounds, ${repeat + 1} of ${REPEATS}`)
      const each = await measure(size, signal)
      if (each !== null) measured.push(each)
    }
    if (signal.aborted) break
    measured.sort((a, b) => gainOf(a) - gainOf(b))
    const middle = measured[REPEATS >> 1]
    if (middle !== undefined) figures.push(...figuresOf(members, middle))
  }
  return figures
}

const gainOf = ({ oneCore, twoThreads }: Measured) => oneCore.seconds / twoThreads.seconds

/** Null when it was stopped. */
async function measure(
  size: Omit<SweepSize, 'workers'>,
  signal: AbortSignal,
): Promise<Measured | null> {
  try {
    return {
      oneCore: await sweep({ ...size, workers: 1 }, signal, ['taskset', '--cpu-list', '0']),
      oneThread: await sweep({ ...size, workers: 1 }, signal),
      twoThreads: await sweep({ ...size, workers: 2 }, signal),
      numbersOne: await secondsOf(() => numbers()),
      numbersTwo: await secondsOf(() => Promise.all([numbers(), numbers()])),
    }
  } catch (error) {
    if (signal.aborted) return null
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error('taskset is missing, which holds a process on one core: install util-linux')
  }
}

function figuresOf(members: number, middle: Measured): readonly Figure[] {
  const { oneCore, oneThread, twoThreads, numbersOne, numbersTwo } = middle
  const rounded = (value: number) => Math.round(value * 1_000) / 1_000
  const of = members === 4 ? 'simulator.sweep' : `simulator.sweep.n${members}`
  const compared = (name: string, unit: string, beside: SweepCost): Figure => ({
    name: `${of}.${name}`,
    value: rounded(RUNS / twoThreads.seconds),
    unit: `runs per second of two threads on two cores; floor: ${unit}`,
    floor: rounded(RUNS / beside.seconds),
    ratio: rounded(beside.seconds / twoThreads.seconds),
  })
  return [
    compared('twoCores', 'one thread on one core', oneCore),
    compared('twoThreads', 'one thread that has both cores', oneThread),
    {
      name: `${of}.work`,
      value: rounded(twoThreads.processorSeconds),
      unit: 'seconds of processor time of two threads; floor: of one on one core',
      floor: rounded(oneCore.processorSeconds),
      ratio: rounded(twoThreads.processorSeconds / oneCore.processorSeconds),
    },
    {
      name: `${of}.coresOfOne`,
      value: rounded(oneThread.processorSeconds / oneThread.seconds),
      unit: 'cores that one thread keeps busy when it has both',
    },
    {
      name: `${of}.machine`,
      value: rounded((2 * numbersOne) / numbersTwo),
      unit: 'times the numbers of one thread that two reach in the same time',
    },
  ]
}

/** @param through a command that starts the process in its own way, such as on one core */
async function sweep(
  size: SweepSize,
  signal: AbortSignal,
  through: readonly string[] = [],
): Promise<SweepCost> {
  const script = fileURLToPath(new URL('./sweep-process.ts', import.meta.url))
  const [command, ...rest] = [...through, process.execPath, script, JSON.stringify(size)]
  const { stdout } = await promisify(execFile)(command as string, rest, { signal })
  return JSON.parse(stdout) as SweepCost
}

async function secondsOf(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return (performance.now() - startedMs) / 1_000
}

function numbers(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(ARITHMETIC, { eval: true })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
