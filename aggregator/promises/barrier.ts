import { type Committee, roundAt } from '../committee/committee.ts'
import type { Round } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

/**
 * The last round of silence after a start (protocol §10.3): beyond anything this key may have
 * promised with any honest clock. Taken once; taken again in every round, it would never end.
 */
export function barrierAfter(
  committee: Committee,
  start: { readonly nowMs: UnixMs; readonly watermark: Round },
): Round {
  const latest = roundAt(committee, start.nowMs + committee.params.timing.clockSkewMsMax)
  return (latest > start.watermark ? latest : start.watermark) + 1
}

/** Who takes a key over is silent in the round in which it starts, and in the next (§10.3). */
const MISSED_ROUNDS_MIN = 2

/**
 * Whether a process stood still for so long that another one may have taken its key over and
 * spoken meanwhile: then it hears a whole round before it speaks again (protocol §9.3).
 *
 * @param before the round that was open when it stood still
 * @param round the one that it opens now
 */
export function isBackFromPause(before: Round, round: Round): boolean {
  return round - before > MISSED_ROUNDS_MIN
}
