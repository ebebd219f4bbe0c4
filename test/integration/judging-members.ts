import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { contextOf } from '../../aggregator/context.ts'
import { encodeDirect } from '../../aggregator/messages/sync.ts'
import { idealScheme } from '../../aggregator/signing/ideal.ts'
import { readFrame, sendFrame } from '../../node/gossip/frames.ts'
import { Network } from '../../node/gossip/network.ts'
import type { PeerChange } from '../../node/gossip/peer-change.ts'
import { channelsOf, type TopicName } from '../../node/gossip/topics.ts'
import { Agreement } from '../../node/handover/agreement.ts'
import { Inbound } from '../../node/inbound.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { rpcFrame } from '../attack/rpc.ts'
import { testCommittee } from '../support/committee.ts'
import { Forge } from '../support/forge.ts'
import { Watch } from './gossip-watch.ts'

const four = testCommittee({ size: 4 })
const { committee, identityKeys } = four
const { roundMs } = committee.params.timing
const CHANNELS = channelsOf(committee.digest)
export const ROUND = 1_000
export const NOW_MS = ROUND * roundMs + 100
export const context = contextOf(
  { ...cryptoOf(loadEcdsa({ fallback: 'refuse' })), threshold: idealScheme(1) },
  committee,
)
/** Signs for any member: what the faulty one could make, and what the others say. */
export const forge = new Forge(four, context)
export const FAULTY = 3

/** An honest member: a real network, and what a node judges by. No machine stands behind it. */
export interface JudgingMember {
  readonly index: number
  readonly network: Network
  readonly watch: Watch
  readonly changes: PeerChange[]
  /** How many messages were judged. */
  judged: number
  /** `type of sender` of what would be in the machine. */
  readonly heard: string[]
}

/** The honest members of a committee of four, each connected to the others; the last is faulty. */
export async function startHonest(nowMs: () => number): Promise<JudgingMember[]> {
  const addresses = new Map<number, string>()
  const members: JudgingMember[] = []
  for (const index of [2, 1, 0]) {
    const member = await startJudging(index, { addresses, nowMs })
    addresses.set(index, member.network.listenAddresses()[0] as string)
    members.unshift(member)
  }
  const isHeardByAll = ({ network }: JudgingMember) =>
    network.peers().filter(({ isListening }) => isListening).length === 2
  await Promise.all(members.map((each) => each.watch.until(() => isHeardByAll(each))))
  return members
}

async function startJudging(
  index: number,
  use: { readonly addresses: ReadonlyMap<number, string>; readonly nowMs: () => number },
): Promise<JudgingMember> {
  const watch = new Watch()
  const clock = { nowMs: () => NOW_MS }
  const seen = { changes: [] as PeerChange[], judged: 0, heard: [] as string[] }
  const agreement = new Agreement({ context, self: index, dataDirectory: '' }, {
    clock,
    log: SILENT_LOG,
  } as never)
  let bestRound = ROUND - 1
  const inbound = new Inbound(context, {
    clock: clock as never,
    report: (event) => {
      if (event.type !== 'received') return
      const { message } = event.message
      seen.heard.push('sender' in message ? `${message.type} of ${message.sender}` : message.type)
      if (message.type === 'certificate') bestRound = Math.max(bestRound, message.round)
    },
    bestRound: () => bestRound,
    isClockDoubted: () => false,
    acknowledge: (from) => {
      network.answer(from, encodeDirect(committee, { type: 'syncAnswer', messages: [] }))
    },
    admit: (from) => network.admit(from),
    judged: (from, judgement) => network.judged(from, judgement),
    later: setImmediate,
  })
  const network: Network = await Network.create(
    {
      identity: identityKeys[index] as Uint8Array,
      own: index,
      members: committee.params.members.map(({ identityKey }, each) => ({
        identityKey,
        addresses: [use.addresses.get(each)].filter((address) => address !== undefined),
      })),
      committeeDigest: committee.digest,
      roundMs,
      listen: ['/ip4/127.0.0.1/tcp/0'],
    },
    {
      onMessage: ({ topic, bytes }) => {
        const isStatement = topic === 'protocol' && agreement.takes(bytes)
        const judgement = isStatement
          ? agreement.onMessage(bytes)
          : inbound.onMessage({ topic, bytes })
        member.judged += 1
        watch.notify()
        return judgement
      },
      onSyncRequest: (from, request) => inbound.onRequest(from, request),
      onPeer: (change) => {
        seen.changes.push(change)
        watch.notify()
      },
      onFault: (error) => {
        throw error
      },
      nowMs: use.nowMs,
      chance: () => 0,
    },
  )
  const member: JudgingMember = { index, network, watch, ...seen }
  await network.start()
  return member
}

/** The faulty member's own key in the hands of somebody who speaks to one honest member alone. */
export async function connectFaulty(to: JudgingMember): Promise<Libp2p> {
  const faulty = await createLibp2p({
    privateKey: privateKeyFromRaw(identityKeys[FAULTY] as Uint8Array),
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  await faulty.dial(multiaddr(to.network.listenAddresses()[0] as string))
  return faulty
}

/** Brings messages over a direct stream that nobody asked for; false when it was cut off. */
export async function bring(by: Libp2p, messages: readonly Uint8Array[]): Promise<boolean> {
  const signal = AbortSignal.timeout(10_000)
  try {
    const stream = await by.getConnections()[0]?.newStream(CHANNELS.sync, { signal })
    if (stream === undefined) return false
    sendFrame(stream, encodeDirect(committee, { type: 'syncAnswer', messages: [...messages] }))
    await readFrame(stream, 1_024)
    await stream.close({ signal })
    return true
  } catch {
    return false
  }
}

/** Says all of it by gossip, a few messages in a frame. */
export async function gossip(
  by: Libp2p,
  said: { readonly topic: TopicName; readonly messages: readonly Uint8Array[] },
): Promise<void> {
  const stream = await by.getConnections()[0]?.newStream('/meshsub/1.2.0')
  if (stream === undefined) throw new Error('the faulty member is not connected')
  const topic = CHANNELS.topics[said.topic]
  for (let first = 0; first < said.messages.length; first += 8) {
    const messages = said.messages.slice(first, first + 8)
    if (!stream.send(rpcFrame({ topic, messages }))) await stream.onDrain()
  }
}
