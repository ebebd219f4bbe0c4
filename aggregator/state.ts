import { type DerivedFeed, derivedFeedsOf } from './aggregation/derived-feeds.ts'
import type { Candidate } from './agreement/candidate.ts'
import type { Claim } from './agreement/claims.ts'
import type { Doubt, Heard } from './clock.ts'
import type { Committee } from './committee/committee.ts'
import { openingOf } from './committee/committee.ts'
import type { Context } from './context.ts'
import type { Effect, NoteCode } from './effects.ts'
import type {
  Basis,
  Certificate,
  Digest,
  Evidence,
  Late,
  Observation,
  Pair,
  Proposal,
  SignatureShare,
  Verified,
} from './messages/messages.ts'
import type { TargetState } from './phases/deliver.ts'
import type { MemberIndex, Members, Round } from './values/ids.ts'
import { hasMember, NO_MEMBERS } from './values/ids.ts'
import { RecentMap } from './values/recent-map.ts'
import type { UnixMs } from './values/time.ts'

/** Shares of one attempt to sign: all that make them combinable is equal (protocol §6.8). */
export interface Attempt {
  readonly number: number
  readonly slot: number
  readonly reportDigest: Digest
  readonly signingSet: Members
  readonly expectedNext: Members
  readonly inputsDigest: Digest
  /** Members whose share is here. */
  have: Members
  /** A combination was asked for and has not been answered, or it failed. */
  combining: 'idle' | 'busy' | 'failed'
}

/** A set that every member of `pair.expected` might name; who did so far (§4.4). */
export interface Namers {
  readonly pair: Pair
  members: Members
}

/** Everything this node knows of one round. Mutated in place by the phases. */
export interface RoundState {
  readonly round: Round
  readonly openingMs: UnixMs
  /** This node's pair, frozen at the opening (§4.3). */
  pair: Pair | null
  /** Every honest member could have in time what the pair came from (§6.5). */
  settled: {
    /** The certificate. */
    readonly basis: boolean
    /** Convictions; and no lost round before, whose notices may differ from node to node. */
    readonly members: boolean
  }
  /** Basis of the best certificate that the pair was frozen from (§5.1). */
  basis: Basis
  /** Index into the deadlines of the round that come next; see step.ts. */
  stage: number
  /** First observation of each member, counted or not. */
  readonly observations: (Verified<Observation> | undefined)[]
  /** Members whose observation counts: in the window and not convicted (§5.1). */
  counted: Members
  /** Of those, the ones that arrived by includeMs (§6.7). */
  included: Members
  namers: readonly Namers[]
  /** The pair that every member of its expected set names (§4.4). */
  completePair: Pair | null
  /** Whether it was complete by fastMs on this node's clock (§6.7). */
  isCompleteInTime: boolean
  /** Bit k: what slot k was to sign was known here so early that honest answers are due (§6.6). */
  prompt: number
  readonly lates: (Verified<Late> | undefined)[]
  readonly proposals: [Verified<Proposal> | undefined, Verified<Proposal> | undefined]
  /** Ranks whose proposal was pulled for, signed, refused or counted: not looked at again. */
  readonly judged: ['open' | 'pulled' | 'done', 'open' | 'pulled' | 'done']
  candidates: readonly Candidate[]
  attempts: readonly Attempt[]
  /** The first share of each member, which mostly stays its only one. */
  readonly shares: (Verified<SignatureShare> | undefined)[]
  /** The others, in the order in which they came: one for each slot and member at most. */
  moreShares: readonly Verified<SignatureShare>[]
  /** Digests of messages this process sent in the round: anything else under our key is a twin. */
  ownDigests: readonly Digest[]
  /** What this node signed; nothing else is ever signed in the round. */
  signed: Candidate | null
  /** Bit k stands for slot k: asked of the signer. */
  slotsUsed: number
  /** Members asked for a better certificate in this round; bounded by f+1. */
  asked: Members
  certificate: Verified<Certificate> | null
  /** When to publish the certificate made here; null when there is none or somebody's is here. */
  publishMs: UnixMs | null
  /** A deadline of the round was met more than a hop late: what others sent may wait unread. */
  hasStoodStill: boolean
  isClosed: boolean
}

/** The time in which a committee is in office (§11.2). */
export interface Term {
  /** `never`: nobody has handed over to this committee yet. */
  readonly fromMs: UnixMs | 'never'
  readonly untilMs: UnixMs | null
}

/** As many as the engine needs to compile what a round runs through, measured (ADR 0056). */
export const REHEARSAL_ROUNDS = 8

/** The state of the machine. Owned by `step`, mutated in place; hosts only read it. */
export interface State {
  readonly self: MemberIndex
  nowMs: UnixMs
  /** No message of ours in rounds up to this one (§10.3). */
  barrier: Round
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

/** What a phase works with during one step. */
export interface Turn {
  readonly context: Context
  readonly state: State
  readonly nowMs: UnixMs
  readonly out: Effect[]
}

export function initialState(committee: Committee, self: MemberIndex): State {
  return {
    self,
    nowMs: 0,
    barrier: Number.MAX_SAFE_INTEGER,
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

/** State of a round within the window of §4.2, made when first asked for; null outside of it. */
export function roundStateOf(turn: Turn, round: Round): RoundState | null {
  const { state, context } = turn
  const known = state.rounds.get(round)
  if (known !== undefined) return known
  const { roundsKept } = context.committee.params.limits
  if (round < 1 || round > state.current + 1 || round < state.current - roundsKept) return null
  const made = newRound(context.committee, round)
  state.rounds.set(round, made)
  return made
}

function newRound(committee: Committee, round: Round): RoundState {
  return {
    round,
    openingMs: openingOf(committee, round),
    pair: null,
    settled: { basis: false, members: false },
    basis: { round: 0, slot: 0 },
    stage: 0,
    observations: new Array(committee.size),
    counted: NO_MEMBERS,
    included: NO_MEMBERS,
    namers: [],
    completePair: null,
    isCompleteInTime: false,
    prompt: 0,
    // Grows with the first notice: most rounds see none.
    lates: [],
    proposals: [undefined, undefined],
    judged: ['open', 'open'],
    candidates: [],
    attempts: [],
    shares: new Array(committee.size),
    moreShares: [],
    ownDigests: [],
    signed: null,
    slotsUsed: 0,
    asked: NO_MEMBERS,
    certificate: null,
    publishMs: null,
    hasStoodStill: false,
    isClosed: false,
  }
}

/** The shares of one member, in the order in which they came. */
export function sharesOf(round: RoundState, member: MemberIndex): Verified<SignatureShare>[] {
  const first = round.shares[member]
  if (first === undefined) return []
  return [first, ...round.moreShares.filter(({ message }) => message.sender === member)]
}

/** Whether this node may send anything of its own in a round (§4.2, §4.6, §10.3, §11.2). */
export function mayAct(turn: Turn, round: Round): boolean {
  return mayObserve(turn, round) && isInTerm(turn.state.term, openingIn(turn, round))
}

/**
 * Whether it may send an observation: also in the last rounds before its term (§11.2), which nobody
 * signs. So the first one that counts finds processes, connections and arrivals in their stride.
 */
export function mayObserve(turn: Turn, round: Round): boolean {
  const { state, context } = turn
  const { fromMs, untilMs } = state.term
  if (fromMs === 'never') return false
  const rehearsedMs = REHEARSAL_ROUNDS * context.committee.params.timing.roundMs
  return (
    round > state.barrier &&
    state.clock === 'agrees' &&
    isInTerm({ fromMs: fromMs - rehearsedMs, untilMs }, openingIn(turn, round)) &&
    !hasMember(state.convicted, state.self)
  )
}

function openingIn({ context }: Turn, round: Round): UnixMs {
  return openingOf(context.committee, round)
}

/** Whether a committee is in office at a moment (§11.2). */
export function isInTerm({ fromMs, untilMs }: Term, atMs: UnixMs): boolean {
  return fromMs !== 'never' && fromMs <= atMs && (untilMs === null || atMs < untilMs)
}

/** Records something for operators and researchers. */
export function note(
  turn: Turn,
  code: NoteCode,
  about: { readonly round: Round; readonly members: Members },
): void {
  turn.out.push({ type: 'note', code, ...about })
}
