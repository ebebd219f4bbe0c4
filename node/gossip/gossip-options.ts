import { hash } from 'node:crypto'
import type { gossipsub } from '@chainsafe/libp2p-gossipsub'

export type GossipOptions = NonNullable<Parameters<typeof gossipsub>[0]>

/** Scores matter only as a second line: the limiter cuts first. Quiet topics are not punished. */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 1,
  firstMessageDeliveriesWeight: 0,
  firstMessageDeliveriesDecay: 0.5,
  firstMessageDeliveriesCap: 1,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 1_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  // Counted squared: 24 invalid messages reach the graylist, so the limiter's 20 come first.
  invalidMessageDeliveriesWeight: -0.15,
  invalidMessageDeliveriesDecay: 0.99,
} as const

/** Below it gossipsub hears nothing from a peer any more; the node then cuts the connection. */
export const GRAYLIST_SCORE = -80

/** How often gossipsub tells what it has and mends its mesh. */
export const HEARTBEAT_MS = 1_000
/** Heartbeats for which a message may be told of: on the public topic, and by members of before. */
export const TOLD_HEARTBEATS = 3

/** What one frame may hold: senders of ours keep to it, and readers refuse more. */
export interface FrameLimits {
  readonly bytesMax: number
  readonly messagesMax: number
  /** Ids that one heartbeat tells of one topic. */
  readonly idsMax: number
}

/** So that what a large committee has said in three seconds can be told in one frame. */
const FRAME_BYTES_MIN = 131_072
/** Bytes of an id with its tag and length, rounded up. */
const ID_BYTES = 36

/** The ids of both topics take half of a frame at most, and messages the other half. */
export function frameLimitsFor(messageBytesMax: number): FrameLimits {
  const bytesMax = Math.max(FRAME_BYTES_MIN, 4 * messageBytesMax)
  return { bytesMax, messagesMax: 64, idsMax: Math.floor(bytesMax / 2 / 2 / ID_BYTES) }
}

/** Every limit that members and public peers share; the degree of the mesh is for the caller. */
export function gossipOptions(options: {
  /** Wire names of the topics that may be spoken of at all. */
  readonly topics: readonly string[]
  readonly messageBytesMax: number
}): GossipOptions {
  const topics = [...options.topics]
  const { bytesMax, messagesMax, idsMax } = frameLimitsFor(options.messageBytesMax)
  return {
    globalSignaturePolicy: 'StrictNoSign',
    // Every byte counts: with an id that leaves bytes out, a poisoned copy censors the original.
    msgIdFn: (message) => hash('sha256', message.data, 'buffer'),
    // As it comes, it writes Base64 in JavaScript.
    msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1'),
    allowedTopics: topics,
    floodPublish: true,
    // To tell everybody what came costs more than a copy that comes again (docs/adr/0091).
    idontwantMinDataSize: 32_768,
    batchPublish: true,
    emitSelf: false,
    doPX: false,
    // It would write to the store of peers for each graft and prune that somebody sends, to keep
    // connections that nobody closes: the limits on connections refuse new ones instead.
    tagMeshPeers: false,
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // Nobody is a direct peer: those escape every score.
    directPeers: [],
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    heartbeatInterval: HEARTBEAT_MS,
    mcacheGossip: TOLD_HEARTBEATS,
    maxInboundDataLength: bytesMax,
    maxOutboundBufferSize: 1_048_576,
    maxTopicBytesPerPeer: 8_192,
    decodeRpcLimits: {
      maxSubscriptions: 8,
      maxMessages: messagesMax,
      maxIhaveMessageIDs: idsMax,
      // Asks at once for what was told of every topic.
      maxIwantMessageIDs: topics.length * idsMax,
      maxIdontwantMessageIDs: 64,
      maxControlMessages: 16,
      maxPeerInfos: 0,
    },
    scoreParams: {
      // Many peers may share one host: the colocation penalty would empty the mesh.
      IPColocationFactorWeight: 0,
      // An overloaded honest peer breaks a few promises to deliver; that is no attack.
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.9,
      // Shorter than the first ban: who comes back after a ban starts anew.
      retainScore: 30_000,
      topics: Object.fromEntries(topics.map((topic) => [topic, TOPIC_SCORE])),
    },
    scoreThresholds: {
      gossipThreshold: -10,
      publishThreshold: -50,
      graylistThreshold: GRAYLIST_SCORE,
      acceptPXThreshold: 10,
      opportunisticGraftThreshold: 1,
    },
  }
}
