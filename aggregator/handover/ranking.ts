import { equalBytes } from '../values/bytes.ts'
import type { MemberIndex } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import {
  ATTEMPT_MS,
  ATTEMPTS_REMEMBERED,
  type Attempt,
  BLAME_BEFORE_MS,
  type HandoverState,
} from './machine.ts'
import type { Offer, Signed } from './statements.ts'

/**
 * Who ranks last after an attempt: those whom its session named in time and who gave no answer. Of
 * two sessions, the coordinator alone: each of the others may have answered the one that it saw.
 */
export function silentIn(attempt: Attempt): readonly MemberIndex[] {
  const { session, sessionMs, combining, shares, isContradicted } = attempt
  if (session === null || combining !== 'idle') return []
  if (isContradicted) return [session.statement.sender]
  if (!isBlamable(sessionMs)) return []
  const named = session.statement.offers.map(({ statement }) => statement.sender)
  // A share of another session is no answer: its sender would be named for ever.
  return named.filter((member) => {
    const given = shares[member]?.statement.session
    return given === undefined || !equalBytes(given, session.digest)
  })
}

function isBlamable(sessionMs: UnixMs): boolean {
  return sessionMs % ATTEMPT_MS < BLAME_BEFORE_MS
}

/** Ranks a member last as a signer for some attempts from now on. */
export function rankLast(state: HandoverState, member: MemberIndex): void {
  state.unansweredUntil[member] = state.attempt.number + ATTEMPTS_REMEMBERED
}

/**
 * So many of those who offer, by ascending sender; null when they are too few. Those who answered
 * before come first, then those whose silence is longest ago: by their numbers, one that is silent
 * whenever it is named would be named in each attempt.
 */
export function signersAmong(
  { attempt, unansweredUntil }: HandoverState,
  willing: readonly Signed<Offer>[],
  count: number,
): readonly Signed<Offer>[] | null {
  const lastUntil = ({ statement }: Signed<Offer>) => {
    const until = unansweredUntil[statement.sender] ?? 0
    return until >= attempt.number ? until : 0
  }
  const ranked = willing.toSorted((a, b) => lastUntil(a) - lastUntil(b))
  const named = ranked.slice(0, count)
  if (named.length < count) return null
  return named.toSorted((a, b) => a.statement.sender - b.statement.sender)
}
