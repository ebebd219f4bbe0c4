import type { PeerFigures, Share } from '../../aggregator/statistics/figures.ts'
import type { FeedIndex, MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { EvidenceFile } from '../evidence/evidence-file.ts'
import type { DryRunView } from './dry-run-view.ts'

/**
 * What the node shows of itself: plain data, ready for JSON. Prices are decimal texts in the feed's
 * own unit, such as `64123.5`, because numbers of JSON are floats to most readers; keys and hashes
 * are lower-case hexadecimal. The driver implements it; every function is cheap and never throws.
 */
export interface NodeView {
  readonly status: () => StatusView
  readonly feeds: () => readonly FeedView[]
  readonly peers: () => readonly PeerView[]
  readonly sources: () => readonly SourceView[]
  /** How each venue that this node asks does. */
  readonly venues: () => readonly VenueView[]
  /** The newest first; at most 120. */
  readonly rounds: () => readonly RoundView[]
  readonly chains: () => readonly ChainView[]
  /** All that convicts members here, as a file for others; it holds nothing when all is well. */
  readonly evidence: () => EvidenceFile
  /** How the committee's term begins and ends (protocol §11.2). */
  readonly rotation: () => RotationView
  /** Empty when the node can do its work; otherwise one code for each reason why not. */
  readonly obstacles: () => readonly string[]
}

export interface StatusView {
  readonly name: string
  readonly version: string
  /** Of what it runs with, as `parallax config check` shows it of a file. */
  readonly configDigest: string
  /** How the newest reload of the configuration ended; null before the first. */
  readonly reload: ReloadView | null
  readonly network: string
  readonly committeeDigest: string
  /** This node's position in the committee. */
  readonly member: MemberIndex
  readonly committee: { readonly size: number; readonly f: number; readonly threshold: number }
  readonly round: Round
  readonly roundMs: DurationMs
  /** Up to this round the node is silent after its start (protocol §10.3). */
  readonly barrier: Round
  readonly startedMs: UnixMs
  readonly nowMs: UnixMs
  readonly signer: SignerView
  /** Rounds since the start, by how they ended here. */
  readonly rounds: { readonly fast: number; readonly proposed: number; readonly skipped: number }
  /** T_r to certificate at this node over the newest rounds; null before the first. */
  readonly latencyMs: { readonly p50: DurationMs; readonly p99: DurationMs } | null
  /** What a dry run has found; null for a node that takes part. */
  readonly dryRun: DryRunView | null
}

/**
 * One reload of the configuration. What changed and what was wrong is in log and journal: files and
 * addresses are nobody else's business.
 */
export interface ReloadView {
  /** `refused`: nothing was changed. */
  readonly outcome: 'applied' | 'unchanged' | 'refused'
  /** `OK`, or why it was refused. */
  readonly code: string
  readonly atMs: UnixMs
  readonly digestBefore: string
  readonly digestAfter: string
  /** Settings that were taken over. */
  readonly changes: number
  /** All that stood in the way. */
  readonly problems: number
}

/** What signs for this node. */
export interface SignerView {
  /** `process`: in one of its own, behind a local socket; `none`: a dry run has no signer. */
  readonly place: 'inside' | 'process' | 'none'
  readonly isReachable: boolean
  /** Highest round of any promise on disk. */
  readonly watermark: Round
  /** Requests that the signer refused since its start, by code. */
  readonly refused: Readonly<Record<string, number>>
}

export interface FeedView {
  readonly index: FeedIndex
  readonly name: string
  readonly kind: string
  readonly decimals: number
  /** This node's own value; null with a reason code when it has none. */
  readonly local: {
    readonly value: string | null
    readonly sources: number
    readonly code: string | null
  }
  /** What the committee certified last; null before the first certificate. */
  readonly certified: {
    readonly value: string | null
    readonly spread: string
    readonly observers: number
    readonly status: 'ok' | 'unavailable'
    readonly round: Round
    readonly timestampMs: UnixMs
  } | null
  /** What each target contract holds; a target that was not read yet is left out. */
  readonly onChain: readonly {
    readonly target: string
    readonly value: string
    readonly round: Round
    readonly timestampMs: UnixMs
  }[]
}

export interface PeerView {
  readonly index: MemberIndex
  /** What it says that it runs; null where it does not, or is not connected. */
  readonly version: string | null
  /** Of the protocol that it speaks; it does not understand this node when it is another one. */
  readonly protocol: number | null
  readonly peerId: string
  readonly isSelf: boolean
  readonly isConnected: boolean
  /** Newest round of which an observation of this member arrived; null when none did. */
  readonly lastRound: Round | null
  /** Observations that arrived in the newest 16 rounds. */
  readonly observed: number
  readonly isExpected: boolean
  readonly isConvicted: boolean
  /** Its key seems to run twice (protocol §9.3). */
  readonly isContested: boolean
  readonly measured: MeasuredView
}

/** What this node measures of a member in the newest 256 to 512 rounds (protocol §9.2). */
export interface MeasuredView extends Omit<PeerFigures, 'outliers'> {
  readonly outliers: Share & {
    /** The feed with the largest share, by its name; null when there is no outlier. */
    readonly worst: (Share & { readonly feed: string }) | null
  }
}

export interface SourceView {
  readonly venue: string
  readonly feed: string
  readonly value: string | null
  /** Since its latest quote came, used or not; null when none ever did. */
  readonly ageMs: DurationMs | null
  readonly state: 'used' | 'clamped' | 'quarantined' | 'absent'
  /** Why it is not simply used, such as `QUOTE_STALE`; null when it is. */
  readonly code: string | null
}

export interface VenueView {
  readonly venue: string
  /** Where it is polled at this moment. */
  readonly host: string
  /** Hosts before it that are left alone for a while, and why. */
  readonly passedOver: readonly { readonly host: string; readonly code: string }[]
  /** What its prices come by at this moment. */
  readonly transport: 'stream' | 'poll'
  /** `ok`, the code of the last poll, or null before the first one ended. */
  readonly code: string | null
  /** When a poll last brought at least one quote; null when none did. */
  readonly quotedMs: UnixMs | null
  readonly durationMs: DurationMs | null
  /** Not polled before this moment; 0 when nothing is in the way. */
  readonly pausedUntilMs: UnixMs
  /** Null where the venue is only polled. */
  readonly stream: {
    readonly state: 'open' | 'connecting' | 'waiting'
    /** `ok`, why the last connection ended, or null before anything arrived. */
    readonly code: string | null
    /** Markets whose prices come by it at this moment; the others are polled. */
    readonly marketsStreamed: number
    readonly frames: number
    /** Connections after the first. */
    readonly reconnects: number
  } | null
}

export interface RoundView {
  readonly round: Round
  readonly path: 'open' | 'fast' | 'proposed' | 'skipped'
  /** T_r to certificate at this node; null while there is none. */
  readonly latencyMs: DurationMs | null
}

export interface ChainView {
  readonly target: string
  readonly chainId: number
  readonly contract: string
  readonly wallet: string
  /** Who signs for the wallet, and a code while that fails; null when the node does it itself. */
  readonly signer: { readonly place: string; readonly fault: string | null } | null
  readonly balanceEther: string | null
  readonly spentEther: string
  readonly endpoints: readonly { readonly endpoint: string; readonly fault: string | null }[]
  readonly landed: number
  readonly superseded: number
  readonly failed: number
  readonly last: {
    readonly round: Round
    readonly hash: string
    readonly blockNumber: number
    readonly gasUsed: number
  } | null
  readonly lastFailure: { readonly code: string; readonly detail: string } | null
  /** Expiries that this node settles there and whose window is open, or was a minute ago. */
  readonly settlements: readonly SettlementView[]
  /** What this committee needs from the contract to take office; null when there is nothing. */
  readonly succession: SuccessionView | null
}

/** One step of a hand-over that anyone may send (protocol §11.2). */
export interface SuccessionView {
  readonly step: 'announce' | 'activate'
  readonly sinceMs: UnixMs
  /** Every member had a turn, and a minute passed. */
  readonly isOverdue: boolean
  /** Code of what stood in this member's way last; null when nothing did. */
  readonly fault: string | null
}

export interface SettlementView {
  readonly feed: string
  /** Unix time. */
  readonly expirySeconds: number
  /**
   * `waiting`: nobody has settled it yet. `standing`: by a round that an earlier one may replace
   * until the window closes. `foreign`: another committee was in office. `missing`: every member
   * had two turns, and there is no price; it goes on when the window is closed. `missed`: there
   * will be none as far as this node can tell.
   */
  readonly state: 'waiting' | 'standing' | 'final' | 'foreign' | 'missing' | 'missed'
  /** Until the window closes; 0 when it did. */
  readonly closesInSeconds: number
}

/** One hand-over, as operators compare it. */
export interface HandoverView {
  readonly epoch: number
  readonly committeeDigest: string
  readonly activeFromMs: UnixMs
  /** What the committee signs: equal at all who mean the same hand-over. */
  readonly message: string
}

export interface RotationView {
  /** Null: not known yet, or no end in sight. */
  readonly term: { readonly fromMs: UnixMs | null; readonly untilMs: UnixMs | null }
  /** What the operator of this node approved. */
  readonly approved: HandoverView | null
  /** Members that offer to sign just that, in the attempt that is on. */
  readonly approvers: readonly MemberIndex[]
  /** Shares that a signature needs. */
  readonly threshold: number
  /** What this member has signed, and will sign nothing else for that epoch. */
  readonly locked: readonly { readonly epoch: number; readonly message: string }[]
  /** The hand-over that this committee has signed. */
  readonly signed: HandoverView | null
}

/** Who was convicted of what; the proof is in the file. */
export type EvidenceView = Pick<EvidenceFile['evidence'][number], 'accused' | 'round' | 'kind'>

/** Everything the page shows, in one answer. */
export interface Overview {
  readonly status: StatusView
  readonly feeds: readonly FeedView[]
  readonly peers: readonly PeerView[]
  readonly sources: readonly SourceView[]
  readonly venues: readonly VenueView[]
  readonly rounds: readonly RoundView[]
  readonly chains: readonly ChainView[]
  readonly evidence: readonly EvidenceView[]
  readonly obstacles: readonly string[]
}

/** All of it at one moment. */
export function overviewOf(view: NodeView): Overview {
  return {
    status: view.status(),
    feeds: view.feeds(),
    peers: view.peers(),
    sources: view.sources(),
    venues: view.venues(),
    rounds: view.rounds(),
    chains: view.chains(),
    evidence: view
      .evidence()
      .evidence.map(({ accused, round, kind }) => ({ accused, round, kind })),
    obstacles: view.obstacles(),
  }
}
