import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { Schedule } from '../../simulations/determinism/schedule.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import { placeObjectsYoung } from '../../simulations/threads/placement.ts'
import type { Bench, BenchOptions } from './bench.ts'
import type { Figure } from './figure.ts'

/** Rounds of one measured run by size of the committee: a second or two each. */
const ROUNDS = { small: 5_000, large: 300 } as const
/** A committee from this size on is large. */
const LARGE = 10
/** Runs of which the middle one counts. */
const RUNS = 5
/**
 * Runs before those: the engine first compiles for the functions of one world, and takes that back
 * at each of the next worlds until it has seen about four.
 */
const WARM_UP_RUNS = 4

export const simulatorBench: Bench = {
  name: 'simulator',
  about: 'simulated rounds per second of processor time, all checkers on',
  run: (options) => Promise.resolve(benchSimulator(options)),
}

interface Load {
  /** Last part of the figure's name; empty for the steady state with one feed. */
  readonly label: string
  readonly feeds: number
  /** What f members do. */
  readonly strategy: string | null
}

/** The steady state first, then more feeds and an attack beside it (simulator §5). */
const LOADS: readonly Load[] = [
  { label: '', feeds: 1, strategy: null },
  { label: 'feeds3.', feeds: 3, strategy: null },
  { label: 'feeds32.', feeds: 32, strategy: null },
  { label: 'attacked.', feeds: 1, strategy: 'withhold-share' },
]

function benchSimulator({ nodes, rounds, say }: BenchOptions): readonly Figure[] {
  placeObjectsYoung()
  const figures: Figure[] = []
  for (const size of nodes.length === 0 ? [4, 31] : nodes) {
    for (const load of LOADS) {
      say(`n = ${size}, ${load.feeds} feeds, ${load.strategy ?? 'honest'}`)
      const least = size < LARGE ? ROUNDS.small : ROUNDS.large
      figures.push(measured(size, load, rounds ?? least))
    }
  }
  return figures
}

function measured(size: number, load: Load, rounds: number): Figure {
  // What the engine compiles while it warms up is not part of a long run, or of a sweep.
  for (let run = 0; run < WARM_UP_RUNS; run++) runOf(size, load, rounds)
  const runs = Array.from({ length: RUNS }, () => runOf(size, load, rounds))
  runs.sort((a, b) => a.perSecond - b.perSecond)
  const middle = runs[RUNS >> 1] ?? runOf(size, load, rounds)
  const floor = bareQueue(middle.events / rounds, size)
  return {
    name: `simulator.n${size}.${load.label}roundsPerSecond`,
    value: Math.round(middle.perSecond),
    unit: 'rounds per second of processor time',
    floor: Math.round(floor),
    ratio: Math.round((middle.perSecond / floor) * 1_000) / 1_000,
  }
}

function runOf(size: number, load: Load, rounds: number) {
  const faulty = Array.from({ length: faultyMax(size) }, (_, index) => size - 1 - index)
  const { strategy } = load
  const scenario = checkScenario({
    name: 'bench',
    rounds,
    committee: { members: size, feeds: load.feeds },
    adversaries: strategy === null ? [] : [{ strategy, members: faulty }],
    // The attack is there for its work; what it breaks is for the tests to say.
    stopAtViolation: strategy === null,
  })
  const simulation = new Simulation({ scenario, seed: 1 })
  const before = process.cpuUsage()
  const { events, rounds: ended, violationCount } = simulation.run()
  const { user, system } = process.cpuUsage(before)
  if (strategy === null && (violationCount > 0 || ended.opened !== rounds)) {
    throw new Error('the honest steady state is not what it should be')
  }
  return { events, perSecond: rounds / ((user + system) / 1_000_000) }
}

/** Rounds per second if the events of a round were only put into the queue and taken out again. */
function bareQueue(eventsPerRound: number, size: number): number {
  const rounds = Math.ceil(500_000 / eventsPerRound)
  const schedule = new Schedule<number>()
  const before = process.cpuUsage()
  let taken = 0
  for (let round = 0; round < rounds; round++) {
    for (let each = 0; each < eventsPerRound; each++) {
      schedule.add(round * 500_000 + ((each * 7_919) % 12_000) * size, each)
    }
    for (let next = schedule.take(); next !== null; next = schedule.take()) taken += 1
  }
  const { user, system } = process.cpuUsage(before)
  return taken / eventsPerRound / ((user + system) / 1_000_000)
}
