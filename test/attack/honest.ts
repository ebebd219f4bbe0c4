import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import {
  type Committee,
  committeeOf,
  openingOf,
  roundAt,
} from '../../aggregator/committee/committee.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { localCommittee } from '../../node/devnet/committee.ts'
import { frameAllowanceFor } from '../../node/gossip/frame-limiter.ts'
import type { TopicName } from '../../node/gossip/topics.ts'
import { HonestMember, type Peak } from './honest-member.ts'

export interface HonestOptions {
  readonly nodes: readonly number[]
  readonly roundMs: number
  /** Of peace, before a link is healed and half of the committee comes back. */
  readonly durationMs: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export interface HonestResult {
  readonly nodes: number
  readonly moment: 'peace' | 'link heals' | 'half comes back'
  /** What the busiest member used of a burst at another, and how often that fits into it. */
  readonly items: Margin
  readonly ids: Margin
  /** Frames that were dropped, and connections that were cut; none is honest. */
  readonly refused: number
}

interface Margin {
  readonly peak: number
  readonly burst: number
  /** Null when nothing was used. */
  readonly margin: number | null
}

const STALL_MS = 5_000
const AWAY_MS = 3_000
const SETTLED_MS = 4_000
/** Of these rounds each takes the slow path: late notices, proposals and shares again. */
const SLOW_EVERY = 4

interface Said {
  readonly topic: TopicName
  /** Milliseconds after the opening of a round of half a second. */
  readonly atMs: number
  readonly bytes: number
  /** So many members say it, from the first on. */
  readonly members: number
}

/** What honest members send at most, over real libp2p in one process (docs/adr/0105). */
export async function measureHonest(options: HonestOptions): Promise<readonly HonestResult[]> {
  const results: HonestResult[] = []
  for (const nodes of options.nodes) {
    for (const result of await measureCommittee(nodes, options)) {
      options.say(JSON.stringify(result))
      results.push(result)
    }
  }
  return results
}

async function measureCommittee(
  size: number,
  { roundMs, durationMs, signal, say }: HonestOptions,
): Promise<readonly HonestResult[]> {
  const { file } = localCommittee({ size, feeds: ['BTC/USD'], genesisMs: Date.now() })
  const timing = { ...file.params.timing, roundMs }
  const committee = committeeOf(keccak_256, { ...file, params: { ...file.params, timing } })
  const members = Array.from({ length: size }, (_, index) => new HonestMember(index, committee))
  const timers = new Set<NodeJS.Timeout>()
  const wait = (ms: number) => delay(ms, undefined, { signal })
  try {
    say(`n = ${size}: ${size * (size - 1)} links`)
    for (const member of members) await member.start(members)
    const speaking = setInterval(() => speak(members, committee, timers), roundMs)
    timers.add(speaking)
    await wait(SETTLED_MS)
    const peace = await during('peace', members, () => wait(durationMs))
    const heals = await during('link heals', members, async () => {
      const [stalled] = members
      stalled?.holdBack()
      await wait(STALL_MS)
      stalled?.letGo()
      await wait(SETTLED_MS)
    })
    const back = await during('half comes back', members, async () => {
      const half = members.slice(0, Math.floor(size / 2))
      await Promise.all(half.map((member) => member.stop()))
      await wait(AWAY_MS)
      await Promise.all(half.map((member) => member.start(members)))
      await wait(SETTLED_MS)
    })
    return [peace, heals, back]
  } finally {
    for (const timer of timers) clearInterval(timer)
    await Promise.all(members.map((member) => member.stop()))
  }
}

/** Everything that the members of one round say, each at its moment. */
function speak(
  members: readonly HonestMember[],
  committee: Committee,
  timers: Set<NodeJS.Timeout>,
): void {
  const round = roundAt(committee, Date.now())
  const { roundMs } = committee.params.timing
  const isSlow = round % SLOW_EVERY === 0
  for (const { topic, atMs, bytes, members: count } of saidIn(committee, isSlow)) {
    for (const member of members.slice(0, count)) {
      const dueMs = openingOf(committee, round) + (atMs * roundMs) / 500 - Date.now()
      const timer = setTimeout(
        () => {
          timers.delete(timer)
          member.publish(topic, randomBytes(bytes))
        },
        Math.max(0, dueMs),
      )
      timers.add(timer)
    }
  }
}

function saidIn(committee: Committee, isSlow: boolean): readonly Said[] {
  const { size, signingThreshold } = committee
  const bytesOf = (type: Parameters<typeof messageBytesMax>[1]) => messageBytesMax(committee, type)
  const shares = { topic: 'protocol', bytes: bytesOf('share'), members: signingThreshold } as const
  const certificates = { topic: 'reports', bytes: bytesOf('certificate'), members: 2 } as const
  const fast: readonly Said[] = [
    { topic: 'protocol', atMs: 10, bytes: bytesOf('observation'), members: size },
    { ...shares, atMs: 60 },
    { ...certificates, atMs: 90 },
  ]
  if (!isSlow) return fast
  return [
    ...fast,
    { topic: 'protocol', atMs: 170, bytes: bytesOf('late'), members: size },
    { topic: 'protocol', atMs: 220, bytes: bytesOf('proposal'), members: 2 },
    { ...shares, atMs: 260 },
    { ...certificates, atMs: 300 },
  ]
}

async function during(
  moment: HonestResult['moment'],
  members: readonly HonestMember[],
  happens: () => Promise<unknown>,
): Promise<HonestResult> {
  for (const member of members) member.forget()
  await happens()
  const seen = members.map((member) => member.seen())
  const nodes = members.length
  const [roundMs] = members.map((member) => member.roundMs)
  const allowance = frameAllowanceFor({ members: nodes, roundMs: roundMs ?? 0 })
  const marginOf = (kind: keyof Peak): Margin => {
    const peak = Math.ceil(Math.max(...seen.map((each) => each.peak[kind])))
    const { burst } = allowance[kind]
    return { peak, burst, margin: peak === 0 ? null : Math.round((10 * burst) / peak) / 10 }
  }
  const refused = seen.reduce((sum, each) => sum + each.refused, 0)
  return { nodes, moment, items: marginOf('items'), ids: marginOf('ids'), refused }
}
