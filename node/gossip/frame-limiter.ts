import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { costOf, type FrameCost } from './frame-cost.ts'
import { HEARTBEAT_MS, TOLD_HEARTBEATS } from './gossip-options.ts'
import {
  type CommitteeSize,
  Limiter,
  type LimiterDependencies,
  type LimiterOptions,
  messagesPerRound,
} from './limiter.ts'

/** A message goes to a peer once, and again three times at most for who asks for it. */
const COPIES_OF_MESSAGE = 1 + 3
/** And a control message with its field, for a large one that nobody need send any more. */
const ITEMS_OF_UNWANTED = 2
/** Subscriptions, grafts, prunes and lists of both topics, each with its field. */
const CONTROLS_PER_HEARTBEAT = 16
/** What a link holds back while it stands still, and delivers at once. */
const ROUNDS_AT_ONCE = 4
const HEARTBEATS_AT_ONCE = 2

export type FrameAllowance = Readonly<Record<keyof FrameCost, LimiterOptions>>

/**
 * What an honest peer can make a node read at most, by the rules of the protocol (§13) and of
 * gossipsub, whether or not it reaches a validator (docs/adr/0105).
 */
export function frameAllowanceFor(committee: CommitteeSize): FrameAllowance {
  return allowanceOf({
    ...{ perRound: messagesPerRound(committee), roundMs: committee.roundMs },
    controlsPerHeartbeat: CONTROLS_PER_HEARTBEAT,
  })
}

/**
 * The same of a host behind which some public peers are: each passes on the certificates of a
 * round, and speaks of the one topic of theirs.
 */
export function publicFrameAllowanceFor(host: {
  /** Peers of one host at once. */
  readonly peers: number
  /** Distinct messages that each passes on in a round. */
  readonly messagesPerRound: number
  readonly roundMs: number
  readonly hostsMax: number
}): FrameAllowance {
  const { items, ids } = allowanceOf({
    ...{ perRound: host.peers * host.messagesPerRound, roundMs: host.roundMs },
    controlsPerHeartbeat: host.peers * CONTROLS_PER_HEARTBEAT,
  })
  const accountsMax = host.hostsMax
  return { items: { ...items, accountsMax }, ids: { ...ids, accountsMax } }
}

function allowanceOf(of: {
  readonly perRound: number
  readonly roundMs: number
  readonly controlsPerHeartbeat: number
}): FrameAllowance {
  const { perRound, roundMs, controlsPerHeartbeat } = of
  const itemsPerRound = perRound * (COPIES_OF_MESSAGE + ITEMS_OF_UNWANTED)
  const itemsPerSecond = ceilPerSecond(itemsPerRound, roundMs) + controlsPerHeartbeat
  // Each message is told of in some heartbeats, asked for as often, and not wanted once.
  const idsPerRound = perRound * (2 * TOLD_HEARTBEATS + 1)
  const idsPerSecond = ceilPerSecond(idsPerRound, roundMs) + controlsPerHeartbeat
  // One frame may tell and ask for all of those heartbeats, the last of which may come late.
  const toldMs = (TOLD_HEARTBEATS + 1) * HEARTBEAT_MS
  const toldIds = perRound * Math.ceil(toldMs / roundMs + 1)
  const itemsAtOnce = Math.max(ROUNDS_AT_ONCE * itemsPerRound, HEARTBEATS_AT_ONCE * itemsPerSecond)
  const idsAtOnce = 2 * toldIds + ROUNDS_AT_ONCE * perRound + controlsPerHeartbeat
  return {
    items: bucketOf(itemsAtOnce, itemsPerSecond),
    ids: bucketOf(idsAtOnce, idsPerSecond),
  }
}

function ceilPerSecond(count: number, everyMs: number): number {
  return Math.ceil((1_000 * count) / everyMs)
}

/** Nobody honest comes near the burst, so who is above it need not go on for long. */
function bucketOf(burst: number, perSecond: number): LimiterOptions {
  const surplusMax = Math.ceil(burst / 8)
  return { burst, perSecond, surplusMax, rejectsMax: 1, banMs: 0, banMsMax: 0 }
}

/**
 * Counts for each member, or for each remote host, what stands in its frames, before they are
 * decoded: gossipsub answers copies, lists of ids, grafts and subscriptions by itself, and no
 * validator hears of them. A frame beyond the allowance is dropped unread; nobody is banned here.
 */
export class FrameLimiter<Peer = MemberIndex> {
  readonly #items: Limiter<Peer>
  readonly #ids: Limiter<Peer>

  constructor({ items, ids }: FrameAllowance, dependencies: LimiterDependencies) {
    this.#items = new Limiter<Peer>(items, dependencies)
    this.#ids = new Limiter<Peer>(ids, dependencies)
  }

  /** `pass`, or `drop` the frame unread, or `cut` who sends it: what the stricter account says. */
  admit(from: Peer, frame: Uint8Array): 'pass' | 'drop' | 'cut' {
    const { items, ids } = costOf(frame)
    const said = [this.#items.admit(from, items), this.#ids.admit(from, ids)]
    if (said.includes('cut')) return 'cut'
    return said.includes('drop') ? 'drop' : 'pass'
  }
}
