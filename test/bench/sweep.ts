import { checkScenario } from '../../simulations/scenario/load.ts'
import type { Job } from '../../simulations/sweep/job.ts'
import { runPool } from '../../simulations/sweep/pool.ts'
import type { Bench, BenchOptions } from './bench.ts'
import type { Figure } from './figure.ts'

/** Rounds of one run of the grid: long against what a thread takes to start. */
const ROUNDS = 2_000
/** Runs of the grid; even, so that two threads can share them. */
const RUNS = 8
/** Measurements of which the middle one counts, one thread and two in turn. */
const REPEATS = 3

export const sweepBench: Bench = {
  name: 'sweep',
  about: 'how much sooner two threads finish a sweep than one',
  run: benchSweep,
}

async function benchSweep({ nodes, rounds, signal, say }: BenchOptions) {
  const figures: Figure[] = []
  for (const size of nodes.length === 0 ? [4] : nodes) {
    const jobs = jobsOf(size, rounds ?? ROUNDS)
    const measured: { readonly one: number; readonly two: number }[] = []
    for (let repeat = 0; repeat < REPEATS && !signal.aborted; repeat++) {
      say(`n = ${size}, ${RUNS} runs of ${rounds ?? ROUNDS} rounds, ${repeat + 1} of ${REPEATS}`)
      const one = await secondsOf(jobs, 1, signal)
      measured.push({ one, two: await secondsOf(jobs, 2, signal) })
    }
    if (signal.aborted) break
    measured.sort((a, b) => a.one / a.two - b.one / b.two)
    const middle = measured[REPEATS >> 1]
    if (middle !== undefined) figures.push(figureOf(size, middle))
  }
  return figures
}

function figureOf(size: number, { one, two }: { readonly one: number; readonly two: number }) {
  const tenths = (value: number) => Math.round(value * 1_000) / 1_000
  return {
    name: size === 4 ? 'simulator.sweep.twoCores' : `simulator.sweep.n${size}.twoCores`,
    value: tenths(RUNS / two),
    unit: 'runs per second of two threads; floor: of one',
    floor: tenths(RUNS / one),
    ratio: tenths(one / two),
  }
}

function jobsOf(size: number, rounds: number): readonly Job[] {
  const scenario = checkScenario({ name: 'bench', rounds, committee: { members: size } })
  return Array.from({ length: RUNS }, (_, at) => ({ scenario, seed: 1 + at }))
}

/** Seconds that a sweep takes, the start of its threads included. */
async function secondsOf(
  jobs: readonly Job[],
  workers: number,
  signal: AbortSignal,
): Promise<number> {
  const startedMs = performance.now()
  let answers = 0
  await runPool(
    jobs.map((job) => ({ type: 'run' as const, job })),
    {
      workers,
      signal,
      onAnswer: (_, answer) => {
        if (answer.type !== 'run') throw new Error('a run was answered by something else')
        const { violationCount, rounds } = answer.outcome
        const wanted = jobs[0]?.scenario.rounds
        if (violationCount > 0 || rounds.opened !== wanted) {
          throw new Error('the honest steady state is not what it should be')
        }
        answers += 1
      },
    },
  )
  if (!signal.aborted && answers !== jobs.length) throw new Error('a run has no answer')
  return (performance.now() - startedMs) / 1_000
}
