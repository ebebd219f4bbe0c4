import type { Committee } from '../committee/committee.ts'
import type { Params } from '../committee/params.ts'
import { equalBytes } from '../values/bytes.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { Handover } from './handover.ts'

/** How long the contract still hears the previous committee, by an entry of its own. */
const OVERLAP_MS: DurationMs = 3_600_000
/** How far ahead a committee may be announced. */
const AHEAD_MS_MAX: DurationMs = 30 * 86_400_000
/** How long the owner's proposal can be activated once its time has come. */
const PROPOSAL_MS: DurationMs = 14 * 86_400_000
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
  const { activeFromMs } = handover
  const path = 'activeFromMs'
  const problems: SuccessionProblem[] = []
  if (activeFromMs <= nowMs) problems.push({ path, message: 'lies in the past' })
  if (activeFromMs > nowMs + AHEAD_MS_MAX) {
    problems.push({ path, message: 'is more than 30 days ahead' })
  }
  return [...problems, ...problemsBeginningAt(current, handover, [activeFromMs])]
}

/** The time lock of a contract's owner. */
export interface OwnerLock {
  /** When the proposal is sent, by the clock of the chain. */
  readonly nowMs: UnixMs
  /** How long it waits. */
  readonly delayMs: DurationMs
}

/**
 * Everything that stands in the way of a proposal of the contract's owner, as `successionProblems`
 * for a hand-over. Such a committee begins when it is activated: from `activeFromMs` on, which the
 * delay must be over by, and for two weeks.
 */
export function proposalProblems(
  current: Pick<Committee, 'params' | 'digest'>,
  handover: Handover,
  { nowMs, delayMs }: OwnerLock,
): readonly SuccessionProblem[] {
  const { activeFromMs } = handover
  const path = 'activeFromMs'
  const problems: SuccessionProblem[] = []
  const earliestMs = nowMs + delayMs
  if (activeFromMs < earliestMs) {
    const message = `lies within the owner's delay, which ends at ${earliestMs} of Unix time`
    problems.push({ path, message })
  }
  if (activeFromMs > earliestMs + AHEAD_MS_MAX) {
    problems.push({ path, message: "is more than 30 days behind the end of the owner's delay" })
  }
  const begins = [activeFromMs, activeFromMs + PROPOSAL_MS]
  return [...problems, ...problemsBeginningAt(current, handover, begins)]
}

/** When a proposal is void that nobody has activated. */
export function proposalEndsMs({ activeFromMs }: Pick<Handover, 'activeFromMs'>): UnixMs {
  return activeFromMs + PROPOSAL_MS
}

/** Of whatever begins at one of these times, which are the earliest and the latest. */
function problemsBeginningAt(
  current: Pick<Committee, 'params' | 'digest'>,
  handover: Handover,
  beginsMs: readonly UnixMs[],
): readonly SuccessionProblem[] {
  const problems: SuccessionProblem[] = []
  const { epoch, activeFromMs, genesisMs, roundMs, includeMs, clockSkewMsMax } = handover
  const add = (path: string, message: string) => problems.push({ path, message })
  if (epoch < 2 || epoch > 0xffffffff) add('epoch', 'must be from 2 on: the first committee has 1')
  if (equalBytes(handover.committeeDigest, current.digest)) {
    add('committeeDigest', 'is that of the committee in office')
  }
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
  if (beginsMs.some((atMs) => roundBy(handover, atMs) >= FIRST_ROUND_LIMIT)) {
    add('genesisMs', 'is so early that rounds would run out: the first must be below 2^29')
  }
  const { genesisMs: since, timing } = current.params
  const before = { genesisMs: since, roundMs: timing.roundMs }
  // Both counts rise evenly, so that between the earliest and the latest nothing is missed.
  if (beginsMs.some((atMs) => roundBy(handover, atMs) <= roundBy(before, atMs + OVERLAP_MS))) {
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
