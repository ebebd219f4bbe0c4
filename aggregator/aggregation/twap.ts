import type { Derivation } from '../committee/params.ts'
import type { UnixMs } from '../values/time.ts'
import type { DerivedKind } from './derived-kind.ts'
import type { Sample } from './feed-history.ts'
import { sampleAt } from './feed-history.ts'

/**
 * The time-weighted average of a feed over the window before a round: each certified value counts
 * from the opening of its round until that of the next certified one. Exact, then rounded down, in
 * the decimals of the feed.
 *
 * Absent while the window reaches back before what is known without a gap of more than a quarter
 * of it: a node that starts, or that missed that much, says nothing until it has caught up.
 */
export const twap: DerivedKind = {
  rulesOf: (derivation) => ({
    gridMs: 1,
    gapMsMax: gapMsMaxOf(derivation),
    keptMs: derivation.windowMs + gapMsMaxOf(derivation),
    accrue: (before, after) => before.value * BigInt(after.atMs - before.atMs),
  }),
  valueOf: (history, { derivation, endMs }) => {
    const last = sampleAt(history, endMs - 1)
    const first = sampleAt(history, endMs - derivation.windowMs)
    if (last === undefined || first === undefined) return null
    if (endMs - last.atMs > gapMsMaxOf(derivation)) return null
    if (last.unbrokenMs > endMs - derivation.windowMs) return null
    const area = areaTo(last, endMs) - areaTo(first, endMs - derivation.windowMs)
    return divFloor(area, BigInt(derivation.windowMs))
  },
}

function gapMsMaxOf({ windowMs }: Derivation): number {
  return (windowMs - (windowMs % 4)) / 4
}

/** Value times milliseconds up to a moment at or after the sample. */
function areaTo(sample: Sample, atMs: UnixMs): bigint {
  return sample.sum + sample.value * BigInt(atMs - sample.atMs)
}

/** Towards minus infinity, as every median (protocol §6.3): a basis can be negative. */
function divFloor(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient
}
