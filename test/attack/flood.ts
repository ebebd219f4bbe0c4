import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import { COMMITTEE_FILE } from '../../node/devnet/files.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import type { Oracles } from '../support/oracles.ts'
import { TellingChild } from './child.ts'
import type { FloodKind } from './kinds.ts'
import { heapsMbOf, type Stretch, startVictims, VICTIMS, watched } from './victims.ts'

export interface FloodOptions {
  readonly kinds: readonly FloodKind[]
  /** Of each kind; as long the victims are left in peace before, to compare. */
  readonly durationMs: number
  readonly perSecond: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export interface FloodResult {
  readonly kind: FloodKind
  /** Messages that the attacker got rid of, a second, at all victims together. */
  readonly sentPerSecond: number
  /** From the first message of a connection to its end, the longest; null when never cut. */
  readonly cutMsMax: number | null
  readonly cuts: number
  readonly idle: Stretch
  readonly flooded: Stretch
  /** Of what stays after a full collection, from before to after it, at the worst victim. */
  readonly heapGrowthMb: number
  readonly roundRatio: number | null
  /** The same flood at the libraries' defaults. */
  readonly unprotected: { readonly heapGrowthMb: number; readonly lagMsMax: number }
}

type InsiderRow =
  | { readonly type: 'started'; readonly atMs: number }
  | { readonly type: 'cut'; readonly target: number; readonly afterMs: number }
  | { readonly type: 'ended'; readonly sent: number; readonly durationMs: number }

type BareRow =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'probe'; readonly heapBytes: number; readonly lagMs: number }

const MB = 1_048_576
/** Until what a node does at its start is done and compiled. */
const SETTLED_MS = 5_000

/** A member's own key floods the others, one kind of message after the other (G10). */
export async function floodByInsider(options: FloodOptions): Promise<readonly FloodResult[]> {
  const results: FloodResult[] = []
  for (const kind of options.kinds) {
    // A network of its own for each kind: a ban and a score outlast a flood.
    const oracles = await startVictims(options.signal)
    try {
      const result = await floodOnce(oracles, kind, options)
      options.say(JSON.stringify(result))
      results.push(result)
    } finally {
      await oracles.stop('remove')
    }
  }
  return results
}

async function floodOnce(
  oracles: Oracles,
  kind: FloodKind,
  options: FloodOptions,
): Promise<FloodResult> {
  const { durationMs, say, signal } = options
  const targets = oracles.running.map(({ files }) => `/ip4/127.0.0.1/tcp/${files.gossipPort}`)
  await delay(SETTLED_MS, undefined, { signal })
  say(`${kind}: the victims in peace`)
  const { stretch: idle } = await watched(oracles, () => delay(durationMs, undefined, { signal }))
  const heapsMb = await heapsMbOf(oracles, signal)
  say(`${kind}: flooded`)
  const { value: rows, stretch: flooded } = await watched(oracles, () =>
    runInsider(oracles, { targets, kind, options }),
  )
  const grownMb = (await heapsMbOf(oracles, signal)).map((mb, at) => mb - (heapsMb[at] ?? 0))
  say(`${kind}: the same without protection`)
  const unprotected = await floodBare(oracles, kind, options)
  const ended = rows.find((row) => row.type === 'ended')
  const cuts = rows.flatMap((row) => (row.type === 'cut' ? [row.afterMs] : []))
  const [before, during] = [idle.roundMsP99, flooded.roundMsP99]
  return {
    kind,
    sentPerSecond: Math.round((1_000 * (ended?.sent ?? 0)) / (ended?.durationMs ?? 1)),
    cutMsMax: cuts.length === 0 ? null : Math.max(...cuts),
    cuts: cuts.length,
    idle,
    flooded,
    heapGrowthMb: round1(Math.max(...grownMb)),
    roundRatio: before === null || during === null ? null : round2(during / before),
    unprotected,
  }
}

async function runInsider(
  oracles: Oracles,
  of: {
    readonly targets: readonly string[]
    readonly kind: FloodKind
    readonly options: FloodOptions
  },
): Promise<readonly InsiderRow[]> {
  const { perSecond, durationMs } = of.options
  const identity = oracles.committee.members[VICTIMS]?.identity
  if (identity === undefined) throw new Error('the last member is the attacker')
  const setup = {
    committeeFile: join(oracles.directory, COMMITTEE_FILE),
    member: VICTIMS,
    targets: of.targets,
    kind: of.kind,
    perSecond,
    durationMs,
  }
  const key = identity.use((secret) => Uint8Array.from(secret))
  const args = [JSON.stringify(setup)]
  const insider = new TellingChild<InsiderRow>('test/attack/insider-process.ts', args, key)
  const stop = () => void insider.stop()
  of.options.signal.addEventListener('abort', stop)
  await insider.ended()
  of.options.signal.removeEventListener('abort', stop)
  return insider.rows
}

async function floodBare(
  oracles: Oracles,
  kind: FloodKind,
  options: FloodOptions,
): Promise<FloodResult['unprotected']> {
  const { digest } = committeeOf((bytes) => keccak_256(bytes), oracles.committee.file)
  const topic = channelsOf(digest).topics.protocol
  const bare = new TellingChild<BareRow>('test/attack/bare-process.ts', [topic])
  try {
    const listening = await bare.until((row) => row.type === 'listening')
    if (listening.type !== 'listening') throw new Error('it listens first')
    await delay(1_000)
    const before = bare.rows.length
    await runInsider(oracles, { targets: [listening.address], kind, options })
    const probes = bare.rows.flatMap((row) => (row.type === 'probe' ? [row] : []))
    const idle = Math.max(...probes.slice(0, before).map(({ heapBytes }) => heapBytes))
    return {
      heapGrowthMb: Math.round((Math.max(...probes.map((row) => row.heapBytes)) - idle) / MB),
      lagMsMax: Math.max(...probes.map(({ lagMs }) => lagMs)),
    }
  } finally {
    await bare.stop()
  }
}

function round1(value: number): number {
  return Math.round(value * 10) / 10
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
