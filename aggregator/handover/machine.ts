import type { NonceCommitment, SigningSession } from '../signing/threshold.ts'
import type { MemberIndex, Members } from '../values/ids.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { Handover, SignedHandover } from './handover.ts'
import type { HandoverShare, Offer, Session, Signed, Statement } from './statements.ts'

/** One attempt to sign for each window of this length, by everybody's clock. */
export const ATTEMPT_MS: DurationMs = 2_000
/**
 * From when on the coordinator names the signers: four hops of a worldwide committee (§3) after the
 * window opens, so that every offer is here, and as long before the end for session and shares.
 */
export const SESSION_AFTER_MS: DurationMs = 600
/** A session that came later leaves its signers no time: nobody is blamed for silence in it. */
export const BLAME_BEFORE_MS: DurationMs = 1_000
/** Attempts for which a member that did not answer ranks last: every coordinator's turn, twice. */
export const ATTEMPTS_REMEMBERED = 62

/** Number of the window of time, and so of the attempt, that is on. */
export function attemptAt(nowMs: UnixMs): number {
  return (nowMs - (nowMs % ATTEMPT_MS)) / ATTEMPT_MS
}

/** Members coordinate in turn, so a faulty one holds up one window of n. */
export function coordinatorOf(attempt: number, size: number): MemberIndex {
  return attempt % size
}

interface Timed {
  /** The node's own clock. */
  readonly nowMs: UnixMs
}

/** What a member's disk says about one epoch. */
export interface HandoverLock {
  readonly epoch: number
  /** The only message that this member signs for the epoch. */
  readonly message: Uint8Array
}

/** What happened to the agreement on a hand-over, in the past tense. */
export type HandoverEvent =
  /** First event of a process: what its disk still knows. */
  | (Timed & {
      readonly type: 'started'
      readonly locks: readonly HandoverLock[]
      readonly signed: SignedHandover | null
    })
  | (Timed & { readonly type: 'ticked' })
  /** The operator approved a hand-over, or withdrew (null) what it had approved. */
  | (Timed & { readonly type: 'approved'; readonly handover: Handover | null })
  /** Answer to `commit`. */
  | (Timed & {
      readonly type: 'committed'
      readonly attempt: number
      readonly commitment: NonceCommitment
    })
  /** A statement of any member, this one included. */
  | (Timed & { readonly type: 'received'; readonly signed: Signed })
  /** Answer to `lock` of a signer that refused, or is away and will be asked again. */
  | (Timed & { readonly type: 'unlocked'; readonly epoch: number })
  /** Answer to `signShare`; null when the signer refused. */
  | (Timed & {
      readonly type: 'shareMade'
      readonly attempt: number
      readonly share: Uint8Array | null
    })
  /** Answer to `combine`. */
  | (Timed & {
      readonly type: 'combined'
      readonly attempt: number
      readonly signature: Uint8Array | null
      readonly culprits: Members
    })
  /** Somebody brought the signed hand-over; its signature was checked. */
  | (Timed & { readonly type: 'signedReceived'; readonly signed: SignedHandover })

/** What the host must do, in order. */
export type HandoverEffect =
  /** Make a nonce pair of its own for this attempt; one of an earlier attempt is erased. */
  | { readonly type: 'commit'; readonly attempt: number }
  /** Sign with the identity key, publish, and report as received. */
  | { readonly type: 'broadcast'; readonly statement: Statement }
  /** Durable before the next effect: nothing else is ever signed for this epoch (§11.2). */
  | { readonly type: 'lock'; readonly lock: HandoverLock }
  | {
      readonly type: 'signShare'
      readonly attempt: number
      readonly handover: Handover
      readonly session: SigningSession
    }
  | {
      readonly type: 'combine'
      readonly attempt: number
      readonly session: SigningSession
      /** By ascending member index of the signing set. */
      readonly shares: readonly Uint8Array[]
    }
  /** Keep durably, and give to whoever asks: the term of this committee ends. */
  | { readonly type: 'keepSigned'; readonly signed: SignedHandover }
  /** Publish what this member combined. */
  | { readonly type: 'publishSigned'; readonly signed: SignedHandover }
  /** The operator approved what this member can never sign, because of its lock. */
  | { readonly type: 'refuse'; readonly epoch: number; readonly locked: Uint8Array }
  /** The time of what the operator approved is long over, and it was never locked: it is void. */
  | { readonly type: 'lapse'; readonly handover: Handover }

/** What is known of the attempt that is on. */
export interface Attempt {
  readonly number: number
  readonly offers: (Signed<Offer> | undefined)[]
  own: 'none' | 'committing' | 'offered'
  /** Whether this member, as its coordinator, has named the signers. */
  isNamed: boolean
  session: Signed<Session> | null
  /** Its coordinator has signed another one too: others may have seen that alone. */
  isContradicted: boolean
  sessionMs: UnixMs
  /** Whether this member answered the session, or asked its signer to. */
  isAnswered: boolean
  readonly shares: (Signed<HandoverShare> | undefined)[]
  combining: 'idle' | 'busy' | 'failed'
}

/** State of the agreement at one member; changed by `stepHandover` alone. */
export interface HandoverState {
  readonly self: MemberIndex
  readonly locks: Map<number, Uint8Array>
  approved: { readonly handover: Handover; readonly message: Uint8Array } | null
  attempt: Attempt
  /** Offers that came for the attempt after this one, from clocks that are ahead. */
  early: (Signed<Offer> | undefined)[]
  /** Until which attempt each member ranks last as a signer. */
  readonly unansweredUntil: number[]
  signed: SignedHandover | null
}

export function initialHandover(self: MemberIndex, size: number): HandoverState {
  return {
    self,
    locks: new Map(),
    approved: null,
    attempt: newAttempt(0, size),
    early: new Array(size),
    unansweredUntil: new Array(size).fill(0),
    signed: null,
  }
}

export function newAttempt(number: number, size: number): Attempt {
  return {
    number,
    offers: new Array(size),
    own: 'none',
    isNamed: false,
    session: null,
    isContradicted: false,
    sessionMs: 0,
    isAnswered: false,
    shares: new Array(size),
    combining: 'idle',
  }
}
