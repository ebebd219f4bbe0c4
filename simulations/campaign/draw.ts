import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { type Prng, prngOf } from '../determinism/prng.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import { STRATEGIES } from '../strategies.ts'

/** Committee sizes, and of how many seeds in a hundred (threats G1). */
const SIZES = [
  { members: 4, percent: 80 },
  { members: 7, percent: 15 },
  { members: 13, percent: 4 },
  { members: 31, percent: 1 },
] as const

export interface DrawOptions {
  /** Counted rounds of each run. */
  readonly rounds: number
  /** How many more than f members are under control; 0 for what the protocol must stand. */
  readonly beyond?: number
  readonly variant?: string
}

/** What a draw knows of its run. */
interface Drawn {
  readonly prng: Prng
  readonly members: number
  readonly faulty: readonly number[]
  readonly honest: readonly number[]
  /** Milliseconds from the genesis to the end. */
  readonly endMs: number
  readonly skewMs: number
}

/**
 * A run that the safety of the protocol must stand: f members follow strategies drawn from all, and
 * the others crash, are cut off, have wrong clocks and lose disks as far as protocol §1 allows.
 */
export function drawSafety(seed: number, options: DrawOptions): Scenario {
  const prng = prngOf(seed, 'safety campaign')
  const isWorldwide = prng.chance(700_000)
  const drawn = drawMembers(prng, { ...options, isWorldwide })
  return checkScenario({
    name: 'safety',
    seed,
    rounds: options.rounds,
    committee: {
      members: drawn.members,
      timing: isWorldwide ? 'worldwide' : 'region',
      probeEvery: pick(prng, [4, 8, 32]),
    },
    variant: options.variant ?? 'none',
    network: {
      latency: { type: 'uniform', minMs: 2, maxMs: isWorldwide ? 140 : 12 },
      lossPpm: prng.chance(500_000) ? 0 : prng.below(50_000),
      duplicationPpm: prng.chance(500_000) ? 0 : prng.below(50_000),
      cuts: drawCuts(drawn, drawn.endMs),
    },
    work: { signMs: prng.below(4), combineMs: prng.below(4) },
    ...drawTimeFaults(drawn),
    adversaries: drawAdversaries(drawn),
  })
}

/** A run in which everything heals: certificates must come within three rounds of that (L3). */
export function drawLiveness(seed: number, options: DrawOptions): Scenario {
  const prng = prngOf(seed, 'liveness campaign')
  const isWorldwide = prng.chance(500_000)
  const drawn = drawMembers(prng, { ...options, isWorldwide })
  // The core of n − f heals; the others stay silent, or come back with it.
  const isSilent = prng.chance(500_000)
  const healMs = Math.floor(drawn.endMs / 2)
  const crashes = Array.from({ length: prng.below(5) }, () => {
    const atMs = prng.between(1_000, healMs - 100)
    const restartMs = prng.between(atMs + 1, healMs)
    const members = [pick(prng, drawn.honest)]
    return { type: 'crash', members, atMs, restartMs, disk: pick(prng, ['kept', 'lost', 'older']) }
  })
  return checkScenario({
    name: 'liveness',
    seed,
    rounds: options.rounds,
    committee: { members: drawn.members, timing: isWorldwide ? 'worldwide' : 'region' },
    variant: options.variant ?? 'none',
    network: {
      latency: { type: 'uniform', minMs: 2, maxMs: isWorldwide ? 140 : 12 },
      cuts: [wholeCut(drawn, healMs), ...drawCuts(drawn, healMs)],
    },
    faults: crashes,
    adversaries: isSilent ? [{ strategy: 'mute', members: drawn.faulty }] : [],
  })
}

/** Values that liars say, and what may hide honest ones beside them. */
const LIARS = ['lie', 'collude', 'bias', 'mirror', 'equivocate'] as const
const LEADERS = [
  'drop-members',
  'delay-proposal',
  'early-proposal',
  'edge-late',
  'late-for-victims',
  'selective',
  'crash-proposer',
] as const

/** f liars, most with a proposer's strategy beside them, on a price with jumps (threats G20). */
export function drawBias(seed: number, options: DrawOptions): Scenario {
  const prng = prngOf(seed, 'bias campaign')
  const { members, faulty } = drawMembers(prng, { ...options, isWorldwide: false })
  const liar = { strategy: pick(prng, LIARS), members: [...faulty] }
  const leader = { strategy: pick(prng, LEADERS), members: [...faulty] }
  return checkScenario({
    name: 'bias',
    seed,
    rounds: options.rounds,
    committee: { members },
    network: { lossPpm: prng.chance(700_000) ? 0 : prng.below(20_000) },
    prices: {
      noisePpm: prng.between(10, 1_000),
      model: {
        type: 'bates',
        volatility: prng.between(20, 200) / 100,
        jumpsPerYear: 200_000,
        jumpDeviation: 0.005,
      },
    },
    adversaries: prng.chance(200_000) ? [liar] : [liar, leader],
    stopAtViolation: false,
  })
}

const CONTRADICTORS = [
  'equivocate',
  'equivocate-proposal',
  'many-signing-sets',
  'two-reports',
  'chaos',
] as const

/** Members under control contradict themselves, each in its way (threats G21). */
export function drawBlame(seed: number, options: DrawOptions): Scenario {
  const { beyond = 0 } = options
  const prng = prngOf(seed, 'blame campaign')
  const { members, faulty } = drawMembers(prng, { ...options, isWorldwide: false })
  const drawn = faulty.map((member) => ({
    strategy: pick(prng, CONTRADICTORS),
    members: [member],
  }))
  return checkScenario({
    name: 'blame',
    seed,
    rounds: options.rounds,
    committee: { members },
    network: { duplicationPpm: prng.below(50_000) },
    // Beyond f they must work together to break anything.
    adversaries: beyond > 0 ? [{ strategy: 'two-reports', members: [...faulty] }] : drawn,
    stopAtViolation: false,
  })
}

function drawMembers(prng: Prng, options: DrawOptions & { readonly isWorldwide: boolean }): Drawn {
  let left = prng.below(100)
  const size = SIZES.find(({ percent }) => {
    left -= percent
    return left < 0
  })
  const members = size?.members ?? 4
  const order = shuffled(prng, members)
  const count = faultyMax(members) + (options.beyond ?? 0)
  const roundMs = options.isWorldwide ? 1_000 : 500
  return {
    prng,
    members,
    faulty: order.slice(0, count),
    honest: order.slice(count),
    endMs: (options.rounds + 3) * roundMs,
    skewMs: options.isWorldwide ? 10 : 5,
  }
}

/** One strategy for all, two at once, or another one for each member. */
function drawAdversaries({ prng, faulty }: Drawn): Scenario['adversaries'] {
  const strategy = () => pick(prng, STRATEGIES).name
  const members = [...faulty]
  if (members.length === 0) return []
  if (prng.chance(400_000))
    return members.map((each) => ({ strategy: strategy(), members: [each] }))
  const first = { strategy: strategy(), members }
  return prng.chance(500_000) ? [first] : [first, { strategy: strategy(), members }]
}

/** Crashes, stops at promises, disks, and clocks of members that no adversary controls. */
function drawTimeFaults(drawn: Drawn): Pick<Scenario, 'faults' | 'clocks'> {
  const { prng, honest, endMs, skewMs } = drawn
  const faults: Scenario['faults'] = []
  const clocks: Scenario['clocks'] = []
  for (const member of honest) {
    if (prng.chance(500_000)) {
      const offsetMs = prng.between(-skewMs * 500, skewMs * 500) / 1_000
      clocks.push({ members: [member], offsetMs, driftPpm: 0 })
    }
    if (!prng.chance(400_000)) continue
    const disk = pick(prng, ['kept', 'lost', 'older'] as const)
    // A lost disk together with a clock that was set back is outside of the model (§10.3).
    const mayShift = disk === 'kept'
    const atMs = prng.between(1_000, endMs)
    if (prng.chance(300_000)) {
      const promise = prng.between(5, 200)
      const when = pick(prng, ['before', 'after'] as const)
      const downMs = prng.below(4_000)
      faults.push({ type: 'stop', members: [member], promise, when, downMs, disk })
    } else {
      const restartMs = atMs + prng.between(1, 6_000)
      const everyMs = prng.chance(300_000) ? prng.between(7_000, 60_000) : undefined
      const crash = { type: 'crash' as const, members: [member], atMs, restartMs, disk }
      faults.push(everyMs === undefined ? crash : { ...crash, everyMs })
    }
    if (mayShift && prng.chance(400_000)) {
      faults.push({
        type: 'clockShift',
        members: [member],
        atMs,
        byMs: prng.between(-3_000, 3_000),
      })
    }
  }
  return { faults, clocks }
}

function drawCuts(drawn: Drawn, untilMs: number): Scenario['network']['cuts'] {
  const { prng, members } = drawn
  return Array.from({ length: prng.below(4) }, () => {
    const order = shuffled(prng, members)
    const split = prng.between(1, members - 1)
    const fromMs = prng.between(0, untilMs - 2)
    const toMs = Math.min(untilMs, fromMs + prng.between(1, 30_000))
    const cut = { fromMs, toMs, senders: order.slice(0, split), receivers: order.slice(split) }
    const oneWay = prng.chance(500_000)
    return prng.chance(300_000)
      ? { ...cut, oneWay, flapMs: prng.between(50, 2_000) }
      : { ...cut, oneWay }
  })
}

/** Neither half can certify, so that there is something to heal from. */
function wholeCut({ members }: Drawn, healMs: number): Scenario['network']['cuts'][number] {
  const all = Array.from({ length: members }, (_, index) => index)
  const half = members >> 1
  const fromMs = Math.floor(healMs / 2)
  const sides = { senders: all.slice(0, half), receivers: all.slice(half) }
  return { fromMs, toMs: healMs, ...sides, oneWay: false }
}

function shuffled(prng: Prng, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  for (let at = count - 1; at > 0; at--) {
    const other = prng.below(at + 1)
    const kept = order[at] as number
    order[at] = order[other] as number
    order[other] = kept
  }
  return order
}

function pick<T>(prng: Prng, from: readonly T[]): T {
  return from[prng.below(from.length)] as T
}
