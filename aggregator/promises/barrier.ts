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
