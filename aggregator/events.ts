import type { PastFeedValue } from './aggregation/derived-feeds.ts'
import type { FeedOnChain } from './delivery/due.ts'
import type {
  Certificate,
  Evidence,
  GossipMessage,
  SyncRequest,
  Verified,
} from './messages/messages.ts'
import type { NonceCommitment } from './signing/threshold.ts'
import type { MemberIndex, Members, Round } from './values/ids.ts'
import type { UnixMs } from './values/time.ts'

interface Timed {
  /** The node's own clock when the event reached the core; never goes backwards. */
  readonly nowMs: UnixMs
}

/** What happened. Everything a host tells the core, in the past tense (architecture.md). */
export type Event =
  /** First event of a process: what its disk still knows. */
  | (Timed & {
      readonly type: 'started'
      /** Highest round of any promise on disk; 0 if none (protocol §10.3). */
      readonly watermark: Round
      readonly certificate: Verified<Certificate> | null
      readonly evidence: readonly Verified<Evidence>[]
      /** Certified values of former processes that derived feeds look back to. */
      readonly past: readonly PastFeedValue[]
    })
  /** The time in which this committee is in office became known, or changed (§11.2). */
  | (Timed & {
      readonly type: 'termSet'
      /** First moment; null while nobody has handed over to this committee yet. */
      readonly fromMs: UnixMs | null
      /** First moment of the next committee; null while none is named. */
      readonly untilMs: UnixMs | null
    })
  /** Values that the committee before this one certified, for feeds derived from them (§11.2). */
  | (Timed & { readonly type: 'pastLearned'; readonly past: readonly PastFeedValue[] })
  /** The time asked for by the latest `setAlarm` is here. May come late, never early. */
  | (Timed & { readonly type: 'alarmFired' })
  /** Answer to `sample`: the local value of each feed, and nonce commitments of the round. */
  | (Timed & {
      readonly type: 'sampled'
      readonly round: Round
      readonly values: readonly (bigint | null)[]
      readonly sourceCommitment: Uint8Array
      readonly commitments: readonly [NonceCommitment, NonceCommitment, NonceCommitment]
    })
  /** A message passed validation: from a peer, from sync, or our own fed back. */
  | (Timed & {
      readonly type: 'received'
      readonly message: Verified<GossipMessage>
      /** Ours after `broadcast`, from gossip, or brought over a direct stream by one member. */
      readonly origin: 'self' | 'peer' | 'sync'
    })
  /** A validly signed message of a round later than the window (§4.2). */
  | (Timed & { readonly type: 'memberAhead'; readonly member: MemberIndex; readonly round: Round })
  /** One of an earlier round, which matters while this node's clock is doubted alone (§4.6). */
  | (Timed & { readonly type: 'memberBehind'; readonly member: MemberIndex; readonly round: Round })
  /** A member answered a `send` of a request over a direct stream, whatever the answer holds. */
  | (Timed & { readonly type: 'answered'; readonly from: MemberIndex })
  | (Timed & {
      readonly type: 'syncRequested'
      readonly from: MemberIndex
      readonly request: SyncRequest
    })
  /** Answer to `signShare`. */
  | (Timed & {
      readonly type: 'shareSigned'
      readonly round: Round
      readonly slot: number
      /** Null when the signer refused or a commitment was no point. */
      readonly share: Uint8Array | null
    })
  /** Answer to `combine`. */
  | (Timed & {
      readonly type: 'combined'
      readonly round: Round
      readonly attempt: number
      readonly signature: Uint8Array | null
      /** Members whose share was wrong; empty when a signature came out. */
      readonly culprits: Members
    })
  /** Answer to `readChain`, or news from the chain without being asked. */
  | (Timed & {
      readonly type: 'chainRead'
      readonly target: string
      readonly feeds: readonly FeedOnChain[]
    })
  /** A transmission ended: `landed` in a block, or not. */
  | (Timed & {
      readonly type: 'transmitted'
      readonly target: string
      readonly round: Round
      readonly outcome: 'landed' | 'superseded' | 'failed'
    })
