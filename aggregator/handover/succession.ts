import type { Committee } from '../committee.ts'
import type { Params } from '../params.ts'
import { equalBytes } from '../values/bytes.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { Handover } from './handover.ts'

/** How long the contract still hears the previous committee, by an entry of its own. */
const OVERLAP_MS: DurationMs = 3_600_000
/** How far ahead a committee may be announced. */
const AHEAD_MS_MAX: DurationMs = 30 * 86_400_000
/** A committee's first round lies below it: rounds end at 2^30 on the contract, for ever. */
const FIRST_ROUND_LIMIT = 2 ** 29

/** One reason why a committee cannot follow another as a hand-over says. */
export interface SuccessionProblem {
  readonly path: string
  readonly message: string
}

/**
 * Everything that stands in the way of a hand-over from `current`; empty when nothing does. The
 * contract has the same rules (`_announce` and `_checkSuccession`), and narrower fields: what does
 * not fit there is a problem here.
 */
export function successionProblems(
  current: Pick<Committee, 'params' | 'digest'>,
  handover: Handover,
  nowMs: UnixMs,
): readonly SuccessionProblem[] {
  const problems: SuccessionProblem[] = []
  const { epoch, activeFromMs, genesisMs, roundMs, includeMs, clockSkewMsMax } = handover
  const add = (path: string, message: string) => problems.push({ path, message })
  if (epoch < 2 || epoch > 0xffffffff) add('epoch', 'must be from 2 on: the first committee has 1')
  if (equalBytes(handover.committeeDigest, current.digest)) {
    add('committeeDigest', 'is that of the committee in office')
  }
  if (activeFromMs <= nowMs) add('activeFromMs', 'lies in the past')
  if (activeFromMs > nowMs + AHEAD_MS_MAX) add('activeFromMs', 'is more than 30 days ahead')
  if (activeFromMs < current.params.genesisMs) {
    add('activeFromMs', 'lies before the committee in office began')
  }
  for (const [path, value] of Object.entries({ roundMs, includeMs, clockSkewMsMax })) {
    if (value > 0xffff) add(path, 'must be below 65536 for the contract')
  }
  if (includeMs + 2 * clockSkewMsMax >= roundMs) {
    add('includeMs', 'and twice the skew must be below roundMs')
  }
  if (isSameClock(current.params, handover)) return problems
  if (activeFromMs < genesisMs) {
    add('genesisMs', 'must not lie behind activeFromMs')
    return problems
  }
  const first = roundBy(handover, activeFromMs)
  if (first >= FIRST_ROUND_LIMIT) {
    add('genesisMs', 'is so early that rounds would run out: the first must be below 2^29')
  }
  const { genesisMs: since, timing } = current.params
  const last = roundBy({ genesisMs: since, roundMs: timing.roundMs }, activeFromMs + OVERLAP_MS)
  if (first <= last) {
    add('genesisMs', 'must be so early that rounds rise beyond all that may still be reported')
  }
  return problems
}

function isSameClock({ genesisMs, timing }: Params, handover: Handover): boolean {
  return (
    genesisMs - timing.clockSkewMsMax === handover.genesisMs - handover.clockSkewMsMax &&
    timing.roundMs === handover.roundMs &&
    timing.includeMs + 2 * timing.clockSkewMsMax ===
      handover.includeMs + 2 * handover.clockSkewMsMax
  )
}

function roundBy(
  { genesisMs, roundMs }: Pick<Handover, 'genesisMs' | 'roundMs'>,
  timeMs: UnixMs,
): number {
  const sinceMs = timeMs - genesisMs
  return (sinceMs - (sinceMs % roundMs)) / roundMs
}
