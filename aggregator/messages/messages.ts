import type { SignedReport } from '../report/signed-report.ts'
import type { NonceCommitment } from '../signing/threshold.ts'
import type { MemberIndex, Members, Round } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

/** keccak256 of something, 32 bytes. */
export type Digest = Uint8Array

/** The pair of sets that a member expects to observe and to sign in a round (protocol §4.3). */
export interface Pair {
  readonly expected: Members
  readonly signing: Members
}

/** Points at a best certificate: (0, 0) when there is none (§5.1). */
export interface Basis {
  readonly round: Round
  readonly slot: number
}

/** What every message of a member carries (§5). */
interface FromMember {
  readonly round: Round
  readonly sender: MemberIndex
}

/** §5.1: what a member saw at the opening of a round. */
export interface Observation extends FromMember {
  readonly type: 'observation'
  readonly timestampMs: UnixMs
  readonly pair: Pair
  readonly basis: Basis
  /** In a probe round the members that its sender vouches for (§4.5); otherwise none. */
  readonly vouched: Members
  /** One entry for each feed in the committee's order; null when this member has no value. */
  readonly values: readonly (bigint | null)[]
  /** Merkle root over the raw quotes used, 32 bytes (P10 of the threat model). */
  readonly sourceCommitment: Digest
  /** For the signing slots 0, 1 and 2. */
  readonly commitments: readonly [NonceCommitment, NonceCommitment, NonceCommitment]
}

/** §5.2: members whose observation was missing at includeMs, or who named another pair (§6.5). */
export interface Late extends FromMember {
  readonly type: 'late'
  readonly members: Members
}

/** §5.3: a report that rank k asks a signing set to sign. */
export interface Proposal extends FromMember {
  readonly type: 'proposal'
  readonly rank: 0 | 1
  readonly basis: Basis
  readonly observers: Members
  /** Digests of the observations of observers and signing set, by ascending member index. */
  readonly observationDigests: readonly Digest[]
  readonly signingSet: Members
  readonly expectedNext: Members
  /** Signed late notices as received, by ascending sender index. */
  readonly lates: readonly Verified<Late>[]
  readonly reportDigest: Digest
  /** Evidence for members left out as convicted, as received. */
  readonly evidence: readonly Verified<Evidence>[]
}

/** §5.4: one member's FROST share. */
export interface SignatureShare extends FromMember {
  readonly type: 'share'
  readonly slot: number
  readonly reportDigest: Digest
  readonly signingSet: Members
  readonly expectedNext: Members
  /** keccak256 of the sorted digests of the observations in the report and of the signing set. */
  readonly inputsDigest: Digest
  /** FROST signature share, a scalar of 32 bytes. */
  readonly share: Uint8Array
}

/** §5.5: anyone with the group key can check it; it has no sender. */
export interface Certificate extends SignedReport {
  readonly type: 'certificate'
}

/** §9.1: two signed messages of one member that an honest one never makes both of. */
export interface Evidence {
  readonly type: 'evidence'
  readonly accused: MemberIndex
  readonly round: Round
  /** Whole signed messages in their wire form; the smaller digest first. */
  readonly messages: readonly [Uint8Array, Uint8Array]
}

/** §5.5: point to point. Asks for the best certificate and for observations by sender. */
export interface SyncRequest {
  readonly type: 'syncRequest'
  /**
   * Round whose observations are wanted; 0 with an empty set asks for the best certificate only.
   */
  readonly round: Round
  readonly observers: Members
}

/** §5.5: the answer; bounded by `limits.syncBatchMax`. */
export interface SyncAnswer {
  readonly type: 'syncAnswer'
  /** Wire form of certificates, evidence and observations; each is validated like any other. */
  readonly messages: readonly Uint8Array[]
}

/** Messages that a member signs with its identity key. */
export type MemberMessage = Observation | Late | Proposal | SignatureShare
/** Messages that carry their own proof. */
export type OpenMessage = Certificate | Evidence
export type GossipMessage = MemberMessage | OpenMessage
export type DirectMessage = SyncRequest | SyncAnswer

/** A message of ours before the host signs it: the digest covers the body. */
export interface Unsigned<M extends MemberMessage> {
  readonly message: M
  readonly body: Uint8Array
  readonly digest: Digest
}

/**
 * A message with the bytes that travel: body, then for member messages the signature of 64 bytes.
 */
export interface Signed<M extends GossipMessage> {
  readonly message: M
  readonly bytes: Uint8Array
}

declare const verified: unique symbol

/**
 * A message that passed every check which does not depend on the state of a round. Only
 * messages/validate.ts makes one, and only such a message enters the core.
 */
export interface Verified<M extends GossipMessage> extends Signed<M> {
  /** keccak256 of the body without the signature: two messages conflict when these differ. */
  readonly digest: Digest
  readonly [verified]: true
}
