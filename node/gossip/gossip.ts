import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import { type Doing, doAtOnce } from '../later.ts'
import { type FrameVerdict, onFrame } from './arriving-frames.ts'
import { FrameLimiter, frameAllowanceFor } from './frame-limiter.ts'
import type { Host } from './host.ts'
import { Limiter, type LimiterOptions } from './limiter.ts'
import { onOversize } from './oversize.ts'
import type { BanReason } from './peer-change.ts'
import { passOnLater } from './repairs.ts'
import type { Roster } from './roster.ts'
import { type Channels, TOPIC_NAMES, type TopicName } from './topics.ts'

/** A message as it came from the network, not yet judged. */
export interface Delivery {
  readonly topic: TopicName
  /** Our own copy; bounded by `messageBytesMax`. */
  readonly bytes: Uint8Array
  /** Who passed it on; the author stands inside the message. */
  readonly from: MemberIndex
}

/** What a message is worth (style: accept, ignore and reject are data). */
export interface Judgement {
  /** `accept`: pass it on; `ignore`: useless but innocent; `reject`: only the faulty send it. */
  readonly verdict: 'accept' | 'ignore' | 'reject'
  /** Stable code for counters; from a fixed set. */
  readonly code: string
}

export interface GossipOptions {
  readonly roster: Roster
  readonly channels: Channels
  readonly messageBytesMax: number
  /** Δ of the committee; sizes what frames of a member may hold. */
  readonly roundMs: number
}

export interface GossipDependencies {
  readonly host: Host
  readonly limiter: Limiter
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /**
   * Judges a message and, when it accepts, keeps it for itself. Called once for each distinct
   * message before it is passed on to others, so it must be quick and must not publish by itself.
   */
  readonly onMessage: (delivery: Delivery) => Judgement
  /** Ends every connection of a member that sent too much or too much that is wrong. */
  readonly cut: (member: MemberIndex, because: BanReason) => void
  /** When a message that was accepted is passed on; at once by default. */
  readonly later?: Doing
  /** Something broke in our own code while judging; the process should stop. */
  readonly onFault: (error: unknown) => void
}

/** What has passed since the start; every number only grows. */
export interface GossipCounters {
  readonly dropped: number
  /** Judgements by `verdict:code`. */
  readonly judged: ReadonlyMap<string, number>
}

/** Distinct codes counted; a set of codes is fixed, so more means a bug and is counted as one. */
const CODES_MAX = 128

/**
 * Of frames above the limit. A member that does not cut its answers to fit (docs/adr/0105) sends
 * one when it is asked for much at once, which happens once in a second at most, since it tells
 * what it has as often; twenty that come faster are banned.
 */
const OVERSIZE: LimiterOptions = {
  burst: 4,
  perSecond: 1,
  rejectsMax: 1,
  surplusMax: 16,
  banMs: 0,
  banMsMax: 0,
}

/** The two gossip topics: limiter, judge, counters on the way in, and publishing. */
export class Gossip {
  readonly #options: GossipOptions
  readonly #dependencies: GossipDependencies
  readonly #judged = new Map<string, number>()
  readonly #oversize: Limiter
  readonly #frames: FrameLimiter
  #dropped = 0

  constructor(options: GossipOptions, dependencies: GossipDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#oversize = new Limiter(OVERSIZE, dependencies)
    const { roster, roundMs } = options
    const allowance = frameAllowanceFor({ members: roster.members.length, roundMs })
    this.#frames = new FrameLimiter(allowance, dependencies)
    const { host, later = doAtOnce } = dependencies
    passOnLater({ host, later })
    onFrame(host, (peer, frame) => this.#admitFrame(peer, frame))
    onOversize(host, (peer) => this.#refuseFrame(peer))
  }

  /** Subscribes to both topics; the host must be started. */
  subscribe(): void {
    const { pubsub } = this.#dependencies.host.services
    for (const name of TOPIC_NAMES) {
      const wireName = this.#options.channels.topics[name]
      pubsub.topicValidators.set(wireName, (peer, message) =>
        this.#validate(name, peer, message.data),
      )
      pubsub.subscribe(wireName)
    }
  }

  /**
   * Publishes a message to every connected member. Having nobody to send to is no failure.
   *
   * @returns to how many members it was handed; 0 also when it was published before
   * @throws {OracleError} `GOSSIP_MESSAGE_TOO_LARGE`
   */
  async publish(topic: TopicName, bytes: Uint8Array): Promise<number> {
    const { messageBytesMax, channels } = this.#options
    if (bytes.length > messageBytesMax) {
      throw new OracleError(
        'GOSSIP_MESSAGE_TOO_LARGE',
        `a message of ${bytes.length} bytes exceeds ${messageBytesMax}; raise the limit`,
        { context: { bytes: bytes.length, messageBytesMax } },
      )
    }
    try {
      const { pubsub } = this.#dependencies.host.services
      const { recipients } = await pubsub.publish(channels.topics[topic], bytes)
      return recipients.length
    } catch {
      // A stopping host or full buffers: gossip is allowed to lose messages.
      return 0
    }
  }

  /** Members that told us they listen to the protocol topic. */
  listeners(): MemberIndex[] {
    const { roster, channels } = this.#options
    return this.#dependencies.host.services.pubsub
      .getSubscribers(channels.topics.protocol)
      .map((peerId) => roster.indexOf(peerId))
      .filter((member) => member !== null)
  }

  counters(): GossipCounters {
    return {
      dropped: this.#dropped,
      judged: new Map(this.#judged),
    }
  }

  /** Takes a message, however it came, off a member's allowance; false: it is dropped unread. */
  admit(from: MemberIndex): boolean {
    const { limiter, cut } = this.#dependencies
    const admission = limiter.admit(from)
    if (admission === 'pass') return true
    this.#dropped += 1
    if (admission === 'cut') cut(from, 'surplus')
    return false
  }

  /** Counts what a message was worth, however it came; who brings too much that is wrong is cut. */
  judged(from: MemberIndex, judgement: Judgement): void {
    const { limiter, cut } = this.#dependencies
    this.#count(judgement)
    if (judgement.verdict === 'reject' && limiter.reject(from) === 'cut') cut(from, 'rejects')
  }

  #validate(topic: TopicName, peer: PeerId, data: Uint8Array): TopicValidatorResult {
    const from = this.#options.roster.indexOf(peer)
    if (from === null) return TopicValidatorResult.Ignore
    if (!this.admit(from)) return TopicValidatorResult.Ignore
    const judgement = this.#judge({ topic, from, bytes: data })
    this.judged(from, judgement)
    if (judgement.verdict === 'accept') return TopicValidatorResult.Accept
    if (judgement.verdict === 'ignore') return TopicValidatorResult.Ignore
    return TopicValidatorResult.Reject
  }

  /** What gossipsub answers by itself reaches no validator, so it is counted here. */
  #admitFrame(peer: PeerId, frame: Uint8Array): FrameVerdict {
    const from = this.#options.roster.indexOf(peer)
    const { limiter, cut } = this.#dependencies
    if (from === null || limiter.isBanned(from)) return 'end'
    const admission = this.#frames.admit(from, frame)
    if (admission === 'pass') return 'pass'
    this.#count({ verdict: 'ignore', code: 'FRAME_SURPLUS' })
    if (admission === 'drop') return 'drop'
    limiter.ban(from)
    cut(from, 'flood')
    return 'end'
  }

  /** Its connection ends each time, and whoever goes on as no honest member does is banned. */
  #refuseFrame(peer: PeerId): void {
    const from = this.#options.roster.indexOf(peer)
    if (from === null) return
    const { host, limiter, cut } = this.#dependencies
    this.#count({ verdict: 'reject', code: 'FRAME_TOO_LARGE' })
    if (this.#oversize.admit(from) === 'cut') {
      limiter.ban(from)
      cut(from, 'oversize')
      return
    }
    for (const connection of host.getConnections(peer)) {
      connection.abort(new Error('a frame above the limit'))
    }
  }

  #judge({ topic, from, bytes }: Delivery): Judgement {
    if (bytes.length === 0 || bytes.length > this.#options.messageBytesMax) {
      return { verdict: 'reject', code: 'SIZE_INVALID' }
    }
    try {
      // A copy: the network's buffers are larger than the message and would be kept alive by it.
      return this.#dependencies.onMessage({ topic, from, bytes: Uint8Array.from(bytes) })
    } catch (error) {
      // gossipsub would swallow it, and a broken invariant must not be survived.
      this.#dependencies.onFault(error)
      return { verdict: 'ignore', code: 'JUDGE_FAILED' }
    }
  }

  #count({ verdict, code }: Judgement): void {
    const known = `${verdict}:${code}`
    const key = this.#judged.has(known) || this.#judged.size < CODES_MAX ? known : 'other'
    this.#judged.set(key, (this.#judged.get(key) ?? 0) + 1)
  }
}
