import type { GroupKey } from '../signing/threshold.ts'
import type { MemberIndex, Members } from '../values/ids.ts'
import { NO_MEMBERS } from '../values/ids.ts'
import type { DurationMs } from '../values/time.ts'
import type { KeygenTiming } from './context.ts'
import type { Evidence } from './evidence.ts'
import type { GeneratedKey } from './result.ts'
import type {
  AccusationStatement,
  EchoStatement,
  KeygenPhase,
  PackageStatement,
  ResultStatement,
  ShareStatement,
  Signed,
  Statement,
} from './statements.ts'

/** A result that this member promised in an earlier run of the same attempt. */
export interface PromisedResult {
  readonly transcript: Uint8Array
  readonly groupKey: GroupKey
}

/** What can happen to a key generation. Times are monotonic milliseconds of the host. */
export type KeygenEvent =
  | { readonly type: 'started'; readonly nowMs: number; readonly promised: PromisedResult | null }
  | { readonly type: 'ticked'; readonly nowMs: number }
  /** Members that can be reached now, this one included. */
  | { readonly type: 'met'; readonly nowMs: number; readonly present: Members }
  /** Answers `makePackage`. */
  | {
      readonly type: 'packageMade'
      readonly nowMs: number
      readonly commitment: readonly Uint8Array[]
      readonly proof: Uint8Array
    }
  /** A statement of any member, this one included, however it came. */
  | { readonly type: 'received'; readonly nowMs: number; readonly signed: Signed }
  | { readonly type: 'evidenceReceived'; readonly nowMs: number; readonly evidence: Evidence }
  /** A sealed share was opened and fits its sender's package: the share stays with the host. */
  | { readonly type: 'shareOpened'; readonly nowMs: number; readonly from: MemberIndex }
  /** A member says that it holds the share which this one made for it. */
  | { readonly type: 'shareTaken'; readonly nowMs: number; readonly by: MemberIndex }
  /** A share was opened and is no good: it is no secret any more. */
  | {
      readonly type: 'shareRefused'
      readonly nowMs: number
      readonly signed: Signed & { readonly statement: ShareStatement }
    }
  /** Answers `keepShare`: the signing share and the promise of the result are durable. */
  | { readonly type: 'shareKept'; readonly nowMs: number }
  | { readonly type: 'stopped'; readonly nowMs: number }

/** What the host must do, in order. */
export type KeygenEffect =
  | { readonly type: 'makePackage' }
  /** Durable before the next effect: no other package may ever be signed in this attempt. */
  | { readonly type: 'promisePackage'; readonly digest: Uint8Array }
  /** Sign, publish, keep for those who ask, and report as received. */
  | { readonly type: 'broadcast'; readonly statement: Exclude<Statement, ShareStatement> }
  /** All members hold the same packages: shares may leave, and arrived ones be opened. */
  | { readonly type: 'exchangeShares'; readonly packages: readonly SignedPackage[] }
  /** Make the signing share; keep it and the promised result durably. */
  | { readonly type: 'keepShare'; readonly promised: PromisedResult; readonly result: Uint8Array }
  | { readonly type: 'publishEvidence'; readonly evidence: Evidence }
  | { readonly type: 'end'; readonly outcome: KeygenOutcome }

export type SignedPackage = Signed & { readonly statement: PackageStatement }
export type SignedEcho = Signed & { readonly statement: EchoStatement }
export type SignedResult = Signed & { readonly statement: ResultStatement }
export type SignedAccusation = Signed & { readonly statement: AccusationStatement }

/** How a key generation ended at this member. */
export type KeygenOutcome =
  | { readonly type: 'generated'; readonly key: GeneratedKey }
  | KeygenFailure

/** Why there is no key. */
export type KeygenFailure =
  /** A member is guilty, and evidence says so to everybody. */
  | { readonly type: 'convicted'; readonly evidence: Evidence }
  /** Nobody is proven guilty; these members owe something, or said what does not fit. */
  | { readonly type: 'late'; readonly phase: KeygenPhase; readonly missing: Members }
  /**
   * Another member gave up, for want of these or of its own accord (none). `missing` are those whom
   * this one waited for then: whoever withholds something may be the first to complain.
   */
  | {
      readonly type: 'abandoned'
      readonly by: MemberIndex
      readonly phase: KeygenPhase
      readonly against: Members
      readonly missing: Members
    }
  /** Another process of this member has spoken in this attempt: what it needs is not here. */
  | { readonly type: 'spent' }
  | { readonly type: 'stopped' }

/** One member's view of one key generation; updated in place by `stepKeygen`. */
export interface KeygenState {
  readonly self: MemberIndex
  readonly timing: KeygenTiming
  phase: KeygenPhase
  enteredMs: DurationMs
  present: Members
  /** Whether this process has made a statement, or goes on after the promise of an earlier one. */
  hasSpoken: boolean
  readonly packages: (SignedPackage | null)[]
  readonly echoes: (SignedEcho | null)[]
  readonly results: (SignedResult | null)[]
  readonly accusations: (SignedAccusation | null)[]
  /** Members whose share for this one is here and good. */
  shares: Members
  /** Members that hold the share which this one made for them, as they say themselves. */
  served: Members
  promised: PromisedResult | null
  evidence: Evidence | null
  outcome: KeygenOutcome | null
}

export function initialKeygen(options: {
  readonly self: MemberIndex
  readonly size: number
  readonly timing: KeygenTiming
}): KeygenState {
  const { self, size, timing } = options
  const nobody = () => new Array<null>(size).fill(null)
  return {
    self,
    timing,
    phase: 'meeting',
    enteredMs: 0,
    present: NO_MEMBERS,
    hasSpoken: false,
    packages: nobody(),
    echoes: nobody(),
    results: nobody(),
    accusations: nobody(),
    shares: NO_MEMBERS,
    served: NO_MEMBERS,
    promised: null,
    evidence: null,
    outcome: null,
  }
}
