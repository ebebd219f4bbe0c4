import type { Context } from '../context.ts'
import { equalBytes } from '../values/bytes.ts'
import { hasMember, type Members, NO_MEMBERS, withMember } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import { attemptAt, coordinatorOf } from './machine.ts'
import {
  type Claimed,
  claimedBy,
  digestOfSigned,
  openStatement,
  type Signed,
} from './statements.ts'

/**
 * What a host does with the bytes of a statement: `accept` is taken and passed on, `reject` only a
 * faulty peer sends, and `ignore` is neither; a second session of a coordinator is taken all the
 * same, since it says what the coordinator is, and everybody passes on the first that it saw.
 */
export type StatementVerdict =
  | { readonly verdict: 'accept'; readonly signed: Signed }
  | {
      readonly verdict: 'ignore'
      readonly code: 'ATTEMPT_OVER' | 'NOT_COORDINATOR' | 'SURPLUS' | 'COMMITMENT_INVALID'
    }
  | { readonly verdict: 'ignore'; readonly code: 'CONFLICT'; readonly signed: Signed }
  | { readonly verdict: 'reject'; readonly code: 'HANDOVER_INVALID' }

/** Members whose statement of a type was taken, in one attempt. */
interface Taken extends Record<Claimed['type'], Members> {
  /** Digest of the coordinator's first session. */
  sessionDigest: Uint8Array | null
  /** It has sent another one. */
  isContradicted: boolean
}

/** Attempts that statements were taken of: at most those that may be on somewhere. */
export type StatementsTaken = Map<number, Taken>

/** By how many windows honest clocks and statements on their way may differ. */
const ATTEMPTS_AWAY_MAX = 1

/**
 * Judges a statement of any member by what may be said now (protocol §11.2): one of a type by a
 * member in an attempt, a session by its coordinator alone. Without these limits one member's
 * statements, all of them signed, would use up what others may pass on (§13). Signatures are
 * checked last. Never throws on input.
 */
export function judgeStatement(
  context: Context,
  taken: StatementsTaken,
  arrival: { readonly bytes: Uint8Array; readonly nowMs: UnixMs },
): StatementVerdict {
  const { bytes, nowMs } = arrival
  const claimed = claimedBy(context, bytes)
  if (claimed === null) return { verdict: 'reject', code: 'HANDOVER_INVALID' }
  const { type, sender, attempt } = claimed
  const now = attemptAt(nowMs)
  if (isOver(attempt, now)) return { verdict: 'ignore', code: 'ATTEMPT_OVER' }
  if (type === 'session' && sender !== coordinatorOf(attempt, context.committee.size)) {
    return { verdict: 'ignore', code: 'NOT_COORDINATOR' }
  }
  const ofAttempt = taken.get(attempt) ?? nothingTaken()
  const isSecond = hasMember(ofAttempt[type], sender)
  if (isSecond && !isOtherSession(context, ofAttempt, { type, bytes })) {
    return { verdict: 'ignore', code: 'SURPLUS' }
  }
  const signed = openStatement(context, bytes)
  if (signed === null) return { verdict: 'reject', code: 'HANDOVER_INVALID' }
  if (isSecond) {
    ofAttempt.isContradicted = true
    return { verdict: 'ignore', code: 'CONFLICT', signed }
  }
  ofAttempt[type] = withMember(ofAttempt[type], sender)
  if (type === 'session') ofAttempt.sessionDigest = signed.digest
  taken.set(attempt, ofAttempt)
  for (const each of taken.keys()) if (isOver(each, now)) taken.delete(each)
  // Whoever were named with it could not sign, and would count as silent.
  if (!hasCommitments(context, signed)) return { verdict: 'ignore', code: 'COMMITMENT_INVALID' }
  return { verdict: 'accept', signed }
}

/** Whether all commitments in a statement are points of the curve. */
function hasCommitments({ crypto }: Context, { statement }: Signed): boolean {
  if (statement.type === 'share') return true
  const offers =
    statement.type === 'offer' ? [statement] : statement.offers.map((each) => each.statement)
  return offers.every(({ commitment }) => crypto.threshold.isCommitment(commitment))
}

function nothingTaken(): Taken {
  const none = { offer: NO_MEMBERS, session: NO_MEMBERS, share: NO_MEMBERS }
  return { ...none, sessionDigest: null, isContradicted: false }
}

/** Whether this would be the coordinator's second session, with other content than its first. */
function isOtherSession(
  context: Context,
  { sessionDigest, isContradicted }: Taken,
  { type, bytes }: { readonly type: Claimed['type']; readonly bytes: Uint8Array },
): boolean {
  if (type !== 'session' || sessionDigest === null || isContradicted) return false
  return !equalBytes(digestOfSigned(context, bytes), sessionDigest)
}

function isOver(attempt: number, now: number): boolean {
  return attempt < now - ATTEMPTS_AWAY_MAX || attempt > now + ATTEMPTS_AWAY_MAX
}
