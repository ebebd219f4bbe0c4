import type { Candidate } from '../candidate/candidate.ts'
import { type Committee, openingOf } from '../committee/committee.ts'
import type {
  Basis,
  Certificate,
  Digest,
  Late,
  Observation,
  Pair,
  Proposal,
  SignatureShare,
  Verified,
} from '../messages/messages.ts'
import type { MemberIndex, Members, Round } from '../values/ids.ts'
import { NO_MEMBERS } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

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

/** A round of which nothing is known yet. */
export function newRound(committee: Committee, round: Round): RoundState {
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
