import { createMachine } from '../../aggregator/machine.ts'
import { createConsistencyChecker } from '../../simulations/checkers/consistency.ts'
import { createUniquenessChecker } from '../../simulations/checkers/uniqueness.ts'
import type { Handlers } from '../../simulations/checking/checker.ts'
import { prngOf } from '../../simulations/determinism/prng.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { type Scenario, scenarioSchema } from '../../simulations/scenario/schema.ts'
import type { Plants } from '../../simulations/variant.ts'
import { createLooseSigner } from '../../simulations/world/loose-signer.ts'

export interface PointsOptions {
  /** Stops to make. */
  readonly count: number
  readonly seed: number
  /** Which disk a stopped process finds; `mixed` takes each in turn. */
  readonly disk: 'kept' | 'lost' | 'older' | 'mixed'
  readonly onProgress?: (share: number) => void
}

export interface PointsResult {
  readonly runs: number
  /** Processes stopped, and how: before or after their promise was on the disk. */
  readonly stops: number
  readonly stopsBefore: number
  readonly stopsAfter: number
  readonly restoredOlder: number
  readonly restoredEmpty: number
  /** Promises made, and rounds in which somebody held a certificate. */
  readonly promises: number
  readonly certified: number
  /** What an honest member said twice, or two reports of one round. */
  readonly conflicts: number
  /** Messages that came from a member in the silent rounds after its start: must be none. */
  readonly brokenSilences: number
  /** Processes that took words of their predecessor for a twin's and stopped: must be none. */
  readonly mistaken: number
  readonly faults: readonly string[]
}

const ROUNDS = 130
const MEMBERS = 4
/** A member makes about two promises a round; a stop costs it a few rounds. */
const PROMISES_APART = 12
const STOPS_PER_MEMBER = 12
const DISKS = ['kept', 'lost', 'older'] as const

/** Members that forget to be silent after a start, with a signer that refuses nothing. */
const WITHOUT_GUARDS: Plants = {
  createMachine: (options) => {
    const machine = createMachine(options)
    return {
      state: machine.state,
      report: (event) => {
        if (event.type !== 'started') machine.state.barrier = 0
        machine.report(event)
      },
    }
  },
  createSigner: createLooseSigner,
}

/**
 * The control: contradictions of a member without its guards whose clock was set back by a round
 * while it was away. None means that the checkers see nothing.
 */
export function conflictsWithoutGuards(seed: number): number {
  const scenario = scenarioSchema.parse({
    name: 'without-guards',
    rounds: 40,
    committee: { members: MEMBERS },
    network: { cuts: [{ fromMs: 9_000, toMs: 15_000, senders: [0, 1], receivers: [2, 3] }] },
    faults: [
      { type: 'crash', members: [1], atMs: 10_050, restartMs: 10_100 },
      { type: 'clockShift', members: [1], atMs: 10_060, byMs: -600 },
    ],
    stopAtViolation: false,
  })
  const checkers = [createConsistencyChecker]
  return new Simulation({ scenario, seed, plants: WITHOUT_GUARDS, checkers }).run().violationCount
}

/** Runs committees whose processes end at chosen promises, until so many have ended. */
export function stopAtPromises(options: PointsOptions): PointsResult {
  const sum = { ...EMPTY, faults: [] as string[] }
  for (let run = 0; sum.stops < options.count; run++) {
    const one = runOnce({ ...options, seed: options.seed + run })
    for (const key of Object.keys(EMPTY) as (keyof typeof EMPTY)[]) sum[key] += one[key]
    sum.faults.push(...one.faults.slice(0, Math.max(0, 10 - sum.faults.length)))
    options.onProgress?.(Math.min(1, sum.stops / options.count))
    if (one.stops === 0) throw new Error('a run without a stop proves nothing')
  }
  return sum
}

const EMPTY = {
  runs: 0,
  stops: 0,
  stopsBefore: 0,
  stopsAfter: 0,
  restoredOlder: 0,
  restoredEmpty: 0,
  promises: 0,
  certified: 0,
  conflicts: 0,
  brokenSilences: 0,
  mistaken: 0,
}

function runOnce(options: PointsOptions): PointsResult {
  const scenario = scenarioOf(options)
  const watched = watcherOf(scenario)
  const simulation = new Simulation({
    scenario,
    seed: options.seed,
    checkers: [
      createConsistencyChecker,
      createUniquenessChecker,
      () => ({ rule: 'S4', on: watched.on }),
    ],
  })
  const { violations, violationCount, rounds } = simulation.run()
  return {
    ...watched.counts(),
    runs: 1,
    certified: rounds.fast + rounds.proposed,
    conflicts: violationCount,
    faults: violations.map(({ rule, round, message }) => `${rule} round ${round}: ${message}`),
  }
}

type Stop = Extract<Scenario['faults'][number], { type: 'stop' }>

function scenarioOf({ seed, disk }: PointsOptions): Scenario {
  const prng = prngOf(seed, 'stops')
  const faults = Array.from({ length: MEMBERS }, (_, member) =>
    Array.from(
      { length: STOPS_PER_MEMBER },
      (_, index): Stop => ({
        type: 'stop',
        members: [member],
        promise: index * PROMISES_APART + 1 + prng.below(PROMISES_APART),
        when: prng.below(2) === 0 ? 'before' : 'after',
        downMs: prng.below(1_500),
        disk: disk === 'mixed' ? (DISKS[prng.below(DISKS.length)] ?? 'kept') : disk,
      }),
    ),
  )
  return scenarioSchema.parse({
    name: 'stops-at-promises',
    rounds: ROUNDS,
    committee: { members: MEMBERS },
    stopAtViolation: false,
    faults: faults.flat(),
  })
}

/** Counts stops from what the members do: which promise they were at, and their silence after. */
function watcherOf(scenario: Scenario) {
  const stops = scenario.faults.filter((fault) => fault.type === 'stop')
  const made = new Map<number, number>()
  let round = 0
  const startedAt = new Map<number, number>()
  const counts = { ...EMPTY }
  const on: Handlers = {
    roundOpened: (fact) => {
      round = fact.round
      return null
    },
    promised: ({ member }) => {
      counts.promises += 1
      made.set(member, (made.get(member) ?? 0) + 1)
      return null
    },
    started: ({ member }) => {
      startedAt.set(member, round)
      return null
    },
    sent: (fact) => {
      const { message } = fact.message
      const isOwn = message.type !== 'certificate' && message.type !== 'evidence'
      // The round that was open at the start, and one more (protocol §10.3).
      const silentTo = (startedAt.get(fact.member) ?? -2) + 1
      if (isOwn && message.round <= silentTo) counts.brokenSilences += 1
      return null
    },
    crashed: ({ member }) => {
      onStop(member)
      return null
    },
    halted: () => {
      counts.mistaken += 1
      return null
    },
  }
  const onStop = (member: number): void => {
    const done = made.get(member) ?? 0
    const own = stops.filter(({ members }) => members.includes(member))
    const after = own.find(({ promise, when }) => promise === done && when === 'after')
    const before = own.find(({ promise, when }) => promise === done + 1 && when === 'before')
    const stop = after ?? before
    if (stop === undefined) return
    counts.stops += 1
    // A promise that a stop forestalled counts for the next stops, too.
    if (after === undefined) made.set(member, done + 1)
    counts[stop.when === 'after' ? 'stopsAfter' : 'stopsBefore'] += 1
    if (stop.disk === 'older') counts.restoredOlder += 1
    if (stop.disk === 'lost') counts.restoredEmpty += 1
  }
  return { on, counts: () => counts }
}
