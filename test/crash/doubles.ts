import type { GossipMessage, MemberMessage, Verified } from '../../aggregator/messages/messages.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import { type Prng, prngOf } from '../../simulations/determinism/prng.ts'
import { createProgress } from '../../simulations/report/progress.ts'
import { Cluster } from '../support/cluster.ts'
import { testCommittee } from '../support/committee.ts'
import type { CrashCommand } from './crash-command.ts'

const MEMBERS = 4
const ROUND_MS = 500
const FIRST_ROUND = 10
/** Rounds that the committee runs before the second process starts, and after it. */
const BEFORE = 3
const AFTER = 7
/** Rounds for which a process stands still, at most. */
const MISSED_MAX = 12
/** A message takes up to so long from one process to another, in milliseconds. */
const DELAY_MS_MAX = 40

export interface DoublesResult {
  /** Second processes that were started beside a running one, and pairs that started at once. */
  readonly beside: number
  readonly atOnce: number
  /** Second processes that took the place of one that stood still, and then went on. */
  readonly inPlace: number
  /** What a key said in two ways, when one of its processes had been running all along. */
  readonly conflictsBeside: number
  /** When one stood still meanwhile: for two rounds or more, and for one alone. */
  readonly conflictsAfterPause: number
  readonly conflictsAfterBlink: number
  /** Of pairs that started at once: in the first round that they speak in, and in later ones. */
  readonly conflictsInFirstRound: number
  readonly conflictsLater: number
  /** Runs in which no process of the key stopped. */
  readonly unnoticed: number
  /** Runs beside a running process in which that one stopped and not the second. */
  readonly wrongOneStopped: number
}

/** The same key in two processes that hear each other (protocol §9.3, §10.3). */
export const doubles: CrashCommand = {
  usage: 'doubles [--count 1500] [--seed 1]',
  summary: 'one key in two processes: beside a running one, one that stood still, or at once',
  defaults: { count: 1_500, seed: 1 },
  run: async ({ count = 0, seed = 0 }) => {
    const progress = createProgress('doubles')
    const result = runTwice({ count, seed, onProgress: progress.show })
    progress.end()
    const conflicts = result.conflictsBeside + result.conflictsLater + result.conflictsAfterPause
    // The control: pairs that start at once speak once before they hear each other.
    const isControlled = result.atOnce === 0 || result.conflictsInFirstRound > 0
    return {
      passed: conflicts + result.unnoticed + result.wrongOneStopped === 0 && isControlled,
      figures: { ...result },
    }
  },
}

const WAYS = [startBeside, startAtOnce, startInPlace]

/** Runs a member's key twice, again and again, in each way in turn. */
export function runTwice(options: {
  readonly count: number
  readonly seed: number
  readonly onProgress?: (share: number) => void
}): DoublesResult {
  const { count, seed, onProgress } = options
  const crypto = cryptoOf(loadEcdsa({ fallback: 'refuse' }))
  const sum = { ...NOTHING }
  for (let run = 0; run < count; run++) {
    const prng = prngOf(seed + run, 'doubles')
    const one = (WAYS[run % WAYS.length] as (typeof WAYS)[number])(prng, crypto)
    for (const key of Object.keys(sum) as (keyof DoublesResult)[]) sum[key] += one[key] ?? 0
    onProgress?.((run + 1) / count)
  }
  return sum
}

const NOTHING = {
  beside: 0,
  atOnce: 0,
  inPlace: 0,
  conflictsBeside: 0,
  conflictsAfterPause: 0,
  conflictsAfterBlink: 0,
  conflictsInFirstRound: 0,
  conflictsLater: 0,
  unnoticed: 0,
  wrongOneStopped: 0,
}

type Crypto = ReturnType<typeof cryptoOf>

function startBeside(prng: Prng, crypto: Crypto): Partial<DoublesResult> {
  const cluster = running(prng, crypto)
  const member = prng.below(MEMBERS)
  const place = cluster.double(member, prng.below(2) === 0 ? 'copied' : 'empty')
  cluster.runTo(cluster.nowMs + AFTER * ROUND_MS)
  const stopped = stoppedPlaces(cluster)
  return {
    beside: 1,
    conflictsBeside: conflicts(cluster, member).length,
    unnoticed: stopped.length === 0 ? 1 : 0,
    wrongOneStopped: stopped.includes(member) && !stopped.includes(place) ? 1 : 0,
  }
}

function startAtOnce(prng: Prng, crypto: Crypto): Partial<DoublesResult> {
  const cluster = running(prng, crypto)
  const member = prng.below(MEMBERS)
  const disk = prng.below(2) === 0 ? 'copied' : 'empty'
  const startedAt = cluster.nowMs
  cluster.restart(member, disk === 'copied' ? 'kept' : 'empty')
  cluster.double(member, disk)
  const barrier = cluster.machines[member]?.state.barrier ?? 0
  cluster.runTo(startedAt + AFTER * ROUND_MS)
  const rounds = conflicts(cluster, member)
  return {
    atOnce: 1,
    conflictsInFirstRound: rounds.filter((round) => round === barrier + 1).length,
    conflictsLater: rounds.filter((round) => round !== barrier + 1).length,
    unnoticed: stoppedPlaces(cluster).length === 0 ? 1 : 0,
  }
}

/** The first stands still, the second starts, and the first goes on with or without connections. */
function startInPlace(prng: Prng, crypto: Crypto): Partial<DoublesResult> {
  const cluster = running(prng, crypto)
  const member = prng.below(MEMBERS)
  const stoodAt = cluster.machines[member]?.state.current ?? 0
  cluster.pause(member)
  cluster.runTo(cluster.nowMs + prng.below(ROUND_MS))
  cluster.double(member, prng.below(2) === 0 ? 'copied' : 'empty')
  const missed = 1 + prng.below(MISSED_MAX)
  const wokenMs = (stoodAt + missed + 1) * ROUND_MS + prng.below(ROUND_MS)
  cluster.runTo(Math.max(cluster.nowMs, wokenMs))
  cluster.wake(member, prng.below(2) === 0 ? 'kept' : 'lost')
  cluster.runTo(cluster.nowMs + AFTER * ROUND_MS)
  const count = conflicts(cluster, member).length
  return {
    inPlace: 1,
    conflictsAfterPause: missed > 1 ? count : 0,
    conflictsAfterBlink: missed > 1 ? 0 : count,
    unnoticed: stoppedPlaces(cluster).length === 0 ? 1 : 0,
  }
}

/** A committee some rounds after its start, at any moment of a round. */
function running(prng: Prng, crypto: Crypto): Cluster {
  const cluster = new Cluster({
    test: testCommittee(),
    crypto,
    delayMs: () => 1 + prng.below(DELAY_MS_MAX),
  })
  cluster.start((FIRST_ROUND - 2) * ROUND_MS + 1)
  cluster.runTo((FIRST_ROUND + BEFORE) * ROUND_MS + prng.below(ROUND_MS))
  return cluster
}

function stoppedPlaces(cluster: Cluster): readonly number[] {
  return cluster.effectsOf('halt').map(({ member }) => member)
}

/** Rounds of what the key of a member said in two ways. */
function conflicts(cluster: Cluster, member: number): readonly number[] {
  const said = new Map<string, Set<string>>()
  const own = cluster.sent.filter((each) => isBy(each, member)) as Verified<MemberMessage>[]
  for (const { message, digest } of own) {
    const about = [message.round, message.type, 'slot' in message ? message.slot : '']
    const key = about.join('/')
    said.set(key, (said.get(key) ?? new Set()).add(toHex(digest)))
  }
  return [...said].flatMap(([key, digests]) => (digests.size > 1 ? [Number.parseInt(key, 10)] : []))
}

function isBy({ message }: Verified<GossipMessage>, member: number): boolean {
  return 'sender' in message && message.sender === member && message.type !== 'proposal'
}
