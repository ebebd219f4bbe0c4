import type { MemberIndex } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import { type Committee, openingOf, roundAt } from './committee.ts'

/**
 * How long the open round is in a hurry still, in milliseconds: observations and shares are on
 * their way to a certificate, and other work had better wait. Ends a hop before includeMs, and is 0
 * for the rest of a round.
 */
export function hurriedForMs(committee: Committee, nowMs: UnixMs): number {
  return heldForMs(committee, committee.size - 1, nowMs)
}

/**
 * How long a message of others may wait before it is passed on, in milliseconds: its author sent it
 * to everybody, so who passes it on repairs, and repairs nothing that is not missed yet. What is
 * here by then still is everywhere by includeMs, one hop later, and what comes later waits for
 * nothing: all that §6 concludes from a message that is here by includeMs stands
 * (docs/adr/0091-repairs-that-wait.md).
 *
 * Each member has its own moment in the second half of that time: who comes first spares the others
 * the way back.
 */
export function heldForMs(committee: Committee, self: MemberIndex, nowMs: UnixMs): number {
  const { size, params } = committee
  const { includeMs, hopMs } = params.timing
  if (hopMs >= includeMs) return 0
  const parts = (includeMs - hopMs) * (size + self + 1)
  const untilMs = (parts - (parts % (2 * size))) / (2 * size)
  const sinceMs = nowMs - openingOf(committee, roundAt(committee, nowMs))
  return sinceMs < 0 || sinceMs >= untilMs ? 0 : untilMs - sinceMs
}
