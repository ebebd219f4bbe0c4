import { type DerivedFeed, derivedFeedsOf } from '../aggregation/derived-feeds.ts'
import type { Committee } from '../committee/committee.ts'
import type { FeedOnChain } from '../delivery/due.ts'
import type { Basis, Certificate, Evidence, Verified } from '../messages/messages.ts'
import type { MemberIndex, Members, Round } from '../values/ids.ts'
import { NO_MEMBERS } from '../values/ids.ts'
import { RecentMap } from '../values/recent-map.ts'
import type { UnixMs } from '../values/time.ts'
import type { RoundState } from './round-state.ts'

/** The time in which a committee is in office (§11.2). */
export interface Term {
  /** `never`: nobody has handed over to this committee yet. */
  readonly fromMs: UnixMs | 'never'
  readonly untilMs: UnixMs | null
}

/** A certificate that a member said it has, and was asked for (protocol §4.4). */
export interface Claim {
  readonly basis: Basis
  /** The round whose observation said so. */
  readonly round: Round
}

/** What is known of the clock of another member, and of the way to it. */
export interface Heard {
  /** Highest round of its validly signed messages; 0 if none. */
  round: Round
  /** The round that was open here when that rose last. */
  at: Round
  /** The round that was open here when it first answered in this doubt; null if it has not. */
  answeredAt: Round | null
}

/** A clock that has gone over rounds of which this node saw nothing (protocol §4.6). */
export interface Doubt {
  /** The round that was open when it began. */
  readonly since: Round
  /** Up to this round, what others said is no news: an earlier process heard it. */
  readonly floor: Round
  /** f+1 members speak in older rounds. */
  isContradicted: boolean
}

/** What this node knows and plans about one target contract (protocol §8.2). */
export interface TargetState {
  readonly name: string
  feeds: readonly FeedOnChain[]
  /** When that was read. */
  readMs: UnixMs
  /** When this node's turn comes; null while nothing is due and nothing known is old. */
  turnMs: UnixMs | null
  /** `look`: nothing is due as far as this node knows, and its turn to send does not come yet. */
  turnTo: 'look' | 'deliver'
  /** `reading`: asked the chain before sending. `sending`: a transmission is on its way. */
  activity: 'idle' | 'reading' | 'sending'
}

/** The state of the machine. Owned by `step`, mutated in place; hosts only read it. */
export interface State {
  readonly self: MemberIndex
  nowMs: UnixMs
  /** No message of ours in rounds up to this one (§10.3). */
  barrier: Round
  /** Nor up to this one, the first that it hears whole since it came back from a pause (§9.3). */
  hearing: Round
  /** When this committee is in office: from the first until before the second (§11.2). */
  term: Term
  /** The latest opened round; 0 before the first. */
  current: Round
  readonly rounds: RecentMap<Round, RoundState>
  /** The best certificate (§4.3). */
  best: Verified<Certificate> | null
  /** When it became the best here, by this node's clock. */
  bestSinceMs: UnixMs
  convicted: Members
  /** When the last of them was convicted here, by this node's clock. */
  convictedSinceMs: UnixMs
  readonly evidence: (Verified<Evidence> | undefined)[]
  /** Until which round each member ranks last as a signer (§6.6). */
  readonly unansweredUntil: Round[]
  /** What members said they have, were asked for, and have not brought (§6.5). */
  readonly claims: Map<MemberIndex, Claim>
  /** What is known of the clocks of others, by member (§4.2, §4.6). */
  readonly heard: readonly Heard[]
  /** Highest round that the disk knew of at the start. */
  known: Round
  /** Rounds that passed unseen by this node's clock alone, since it was borne out (§4.6). */
  unseen: number
  doubt: Doubt | null
  clock: 'agrees' | 'behind' | 'doubted'
  alarmMs: UnixMs | null
  /** Rounds with a certificate that waits to be published: those with a `publishMs`. */
  publishing: RoundState[]
  readonly targets: Map<string, TargetState>
  /** What feeds that are made of certificates remember; bounded by their windows. */
  readonly derived: readonly DerivedFeed[]
}

export function initialState(committee: Committee, self: MemberIndex): State {
  return {
    self,
    nowMs: 0,
    barrier: Number.MAX_SAFE_INTEGER,
    hearing: 0,
    // The first committee of a network follows nobody.
    term: { fromMs: 0, untilMs: null },
    current: 0,
    rounds: new RecentMap(),
    best: null,
    bestSinceMs: 0,
    convicted: NO_MEMBERS,
    convictedSinceMs: 0,
    evidence: new Array(committee.size),
    unansweredUntil: new Array(committee.size).fill(0),
    claims: new Map(),
    heard: Array.from({ length: committee.size }, () => ({ round: 0, at: 0, answeredAt: null })),
    known: 0,
    unseen: 0,
    doubt: null,
    clock: 'agrees',
    alarmMs: null,
    publishing: [],
    targets: new Map(),
    derived: derivedFeedsOf(committee.params.feeds),
  }
}

/** Whether a committee is in office at a moment (§11.2). */
export function isInTerm({ fromMs, untilMs }: Term, atMs: UnixMs): boolean {
  return fromMs !== 'never' && fromMs <= atMs && (untilMs === null || atMs < untilMs)
}
