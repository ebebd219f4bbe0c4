import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { membersOf } from '../../aggregator/values/ids.ts'
import type { Envelope } from '../../simulations/world/envelope.ts'
import { Overlay } from '../../simulations/world/overlay.ts'
import {
  addressOf,
  type Member,
  startMember,
  stopAll,
  text,
  untilListening,
} from '../integration/gossip-support.ts'
import type { Bench, BenchOptions } from './bench.ts'
import type { Figure } from './figure.ts'

/** About an observation of one feed. */
const MESSAGE_BYTES = 300
/** A heartbeat of gossipsub; meshes stand after a few. */
const HEARTBEAT_MS = 1_000
const SETTLE_HEARTBEATS = 4
const ROUNDS = 10
const DEGREE = 4
/** Between the moments of two members, when they do not pass on at once. */
const SPACING_MS = 150

export const overlayBench: Bench = {
  name: 'overlay',
  about: 'copies of a message that gossip sends, beside those that the simulator counts',
  run: benchOverlay,
}

/** When members pass on what others said: at once, or each at a moment of its own. */
const WAYS = [
  { way: 'atOnce', spacingMs: 0 },
  { way: 'inTurn', spacingMs: SPACING_MS },
] as const

async function benchOverlay({ nodes, rounds, signal, say }: BenchOptions) {
  const figures: Figure[] = []
  const sizes = nodes.length === 0 ? [4, 7] : nodes
  for (const { way, spacingMs } of WAYS) {
    // Of two members each message is sent once, and never passed on: what one copy weighs.
    const copyBytes = await bytesOf({ size: 2, spacingMs, rounds: rounds ?? ROUNDS })
    for (const size of sizes) {
      if (signal.aborted) return figures
      say(`n = ${size}, passed on ${way}`)
      const bytes = await bytesOf({ size, spacingMs, rounds: rounds ?? ROUNDS })
      const value = bytes / copyBytes
      const floor = countedCopies(size, spacingMs)
      figures.push({
        name: `overlay.n${size}.${way}`,
        value: rounded(value),
        unit: `copies of a message of ${MESSAGE_BYTES} bytes; floor: counted by the simulator`,
        floor,
        ratio: rounded(value / floor),
      })
    }
  }
  return figures
}

const rounded = (value: number) => Math.round(value * 100) / 100

interface Committee {
  readonly size: number
  readonly spacingMs: number
  readonly rounds: number
}

/** Bytes that all members write for one message, less what they write when nobody says anything. */
async function bytesOf({ size, spacingMs, rounds }: Committee): Promise<number> {
  const sockets: Socket[] = []
  const take = (made: unknown) => sockets.push((made as { readonly socket: Socket }).socket)
  const channels = ['net.client.socket', 'net.server.socket']
  for (const channel of channels) subscribe(channel, take)
  const members = await startAll(size, spacingMs)
  try {
    const written = () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
    await heartbeats(SETTLE_HEARTBEATS)
    const idleFrom = written()
    await heartbeats(SETTLE_HEARTBEATS)
    const idleBytes = (written() - idleFrom) / SETTLE_HEARTBEATS
    const from = written()
    for (let round = 0; round < rounds; round++) {
      for (const { network, index } of members)
        await network.publish('protocol', said(index, round))
      await heartbeats(1)
    }
    // Ids are told for three heartbeats.
    await heartbeats(SETTLE_HEARTBEATS)
    const bytes = written() - from - idleBytes * (rounds + SETTLE_HEARTBEATS)
    return bytes / (rounds * size)
  } finally {
    await stopAll(members)
    for (const channel of channels) unsubscribe(channel, take)
  }
}

async function startAll(size: number, spacingMs: number): Promise<readonly Member[]> {
  const addresses = new Map<number, string>()
  const members: Member[] = []
  for (let index = 0; index < size; index++) {
    const later = (work: () => void) => {
      if (spacingMs === 0) work()
      else setTimeout(work, spacingMs * (1 + index))
    }
    const member = await startMember({ index, size, addresses, later })
    addresses.set(index, addressOf(member))
    members.push(member)
  }
  await Promise.all(members.map((member) => untilListening(member, size - 1)))
  return members
}

function heartbeats(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * HEARTBEAT_MS))
}

function said(member: number, round: number): Uint8Array {
  return text(`valid ${member} ${round} `.padEnd(MESSAGE_BYTES, 'x'))
}

/** The author's copies and those that the simulator counts beside, ids of others left out. */
function countedCopies(size: number, spacingMs: number): number {
  const all = Array.from({ length: size }, (_, index) => index)
  const near = (index: number) => [1, 2].flatMap((by) => [index + by, index + size - by])
  const mesh = all.map((index) => {
    return membersOf(near(index).flatMap((at) => (at % size === index ? [] : at % size)))
  })
  const latency = { type: 'constant', ms: 1 } as const
  const overlay = new Overlay({
    seed: 1,
    latency,
    mesh,
    meshDegree: DEGREE,
    relays: membersOf(all),
  })
  const message = { bytes: new Uint8Array(MESSAGE_BYTES) }
  const envelope = { message, relayed: 0, place: null } as unknown as Envelope
  overlay.published(0, envelope)
  for (const index of all.slice(1)) {
    overlay.passedOn(index, envelope, { atUs: 1_000 * spacingMs * index, lacking: 0 })
  }
  const { messages } = overlay.wire({ messages: size - 1, bytes: 0 })
  return messages
}
