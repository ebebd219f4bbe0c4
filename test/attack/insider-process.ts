import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { committeeOf, roundAt } from '../../aggregator/committee/committee.ts'
import { contextOf } from '../../aggregator/context.ts'
import { unsignedOf } from '../../aggregator/messages/codec.ts'
import { concat } from '../../aggregator/values/bytes.ts'
import { parseCommittee } from '../../node/config/committee-text.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import type { FloodKind } from './kinds.ts'
import { rpcFrame } from './rpc.ts'

/**
 * A member that turned hostile: dials every victim with the member's own key and floods each over a
 * hand-made gossipsub stream, dialling again as soon as it is cut. Tells each cut as a line of
 * JSON, and at the end what it got rid of.
 */
interface Setup {
  readonly committeeFile: string
  readonly member: number
  readonly targets: readonly string[]
  readonly kind: FloodKind
  readonly perSecond: number
  readonly durationMs: number
}

const PER_FRAME = 16
const TICK_MS = 5
const PROTOCOL = '/meshsub/1.2.0'
/** Made before the flood: an attacker has all the time that it wants. */
const PREPARED = 4_096

const setup = JSON.parse(process.argv[2] ?? '') as Setup
const privateKey = readFileSync(3)
const ecdsa = loadEcdsa({ fallback: 'allow' })
const crypto = cryptoOf(ecdsa)
const parsed = parseCommittee(readFileSync(setup.committeeFile, 'utf8'))
if (parsed.type === 'refused') throw new Error('the committee file is unreadable')
const context = contextOf(crypto, committeeOf(crypto.keccak256, parsed.committee))
const { topics } = channelsOf(context.committee.digest)

const host = await createLibp2p({
  privateKey: privateKeyFromRaw(Uint8Array.from(privateKey)),
  addresses: { listen: [] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() },
})

/** A valid observation of the open round that says something else each time. */
function observation(nth: number): Uint8Array {
  const { committee } = context
  const round = roundAt(committee, Date.now())
  const { genesisMs, timing } = committee.params
  const commitment = { hiding: new Uint8Array(33).fill(2), binding: new Uint8Array(33).fill(2) }
  const unsigned = unsignedOf(context, {
    type: 'observation',
    round,
    sender: setup.member,
    timestampMs: genesisMs + round * timing.roundMs,
    pair: { expected: committee.all, signing: 0b111 },
    basis: { round: 0, slot: 0 },
    vouched: 0,
    values: committee.params.feeds.map(() => BigInt(1_000_000 + nth)),
    sourceCommitment: new Uint8Array(32),
    commitments: [commitment, commitment, commitment],
  })
  return concat(unsigned.body, ecdsa.sign(unsigned.digest, privateKey))
}

const prepared =
  setup.kind === 'distinct'
    ? Array.from({ length: PREPARED }, (_, nth) => observation(nth))
    : [observation(0)]
let sent = 0

function frame(): Uint8Array {
  const topic = topics.protocol
  const many = <T>(make: (nth: number) => T) =>
    Array.from({ length: PER_FRAME }, (_, nth) => make(nth))
  switch (setup.kind) {
    case 'invalid':
      return rpcFrame({ topic, messages: many(() => randomBytes(300)) })
    case 'duplicate':
      return rpcFrame({ topic, messages: many(() => prepared[0] as Uint8Array) })
    case 'distinct':
      return rpcFrame({
        topic,
        messages: many((nth) => prepared[(sent + nth) % PREPARED] as Uint8Array),
      })
    case 'ihave':
      return rpcFrame({ topic, have: many(() => randomBytes(32)) })
    case 'iwant':
      return rpcFrame({ topic, want: many(() => randomBytes(32)) })
    case 'idontwant':
      return rpcFrame({ topic, unwanted: many(() => randomBytes(32)) })
    case 'graft':
      return rpcFrame({ topic, grafts: PER_FRAME })
    case 'prune':
      return rpcFrame({ topic, prunes: PER_FRAME })
    case 'empty':
      return concat(...many(() => rpcFrame({ topic })))
    case 'subscription':
      return rpcFrame({ topic, subscribe: many(() => randomBytes(16).toString('hex')) })
    case 'oversize':
      return rpcFrame({ topic, messages: [randomBytes(1_000_000)] })
  }
}

const startedMs = Date.now()
const isOver = () => Date.now() - startedMs > setup.durationMs

async function attack(target: string, index: number): Promise<void> {
  while (!isOver()) {
    try {
      const connection = await host.dial(multiaddr(target), { signal: AbortSignal.timeout(2_000) })
      const stream = await connection.newStream(PROTOCOL)
      const fromMs = Date.now()
      // A stream that is gone says so by throwing, as soon as something is sent.
      await floodStream(stream, () => connection.status === 'open').catch(() => undefined)
      if (!isOver()) tell({ type: 'cut', target: index, afterMs: Date.now() - fromMs, sent })
      await connection.close().catch(() => undefined)
    } catch {
      // Refused: banned, or the victim is busy.
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function floodStream(stream: Stream, isOpen: () => boolean): Promise<void> {
  const perTick = Math.max(1, Math.round((setup.perSecond * TICK_MS) / 1_000 / PER_FRAME))
  stream.send(rpcFrame({ topic: topics.protocol, subscribe: [topics.protocol] }))
  while (isOpen() && !isOver()) {
    for (let count = 0; count < perTick && isOpen(); count++) {
      const accepts = stream.send(frame())
      sent += PER_FRAME
      if (!accepts) break
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
}

function tell(row: object): void {
  process.stdout.write(`${JSON.stringify(row)}\n`)
}

await host.start()
tell({ type: 'started', atMs: Date.now() })
await Promise.all(setup.targets.map((target, index) => attack(target, index)))
tell({ type: 'ended', sent, durationMs: Date.now() - startedMs })
await host.stop()
