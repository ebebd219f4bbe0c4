import { invariant } from '../assert.ts'
import type { Derivation } from '../committee/params.ts'
import { integerSqrt, lnRatio } from '../values/fixed-math.ts'
import type { DerivedKind } from './derived-kind.ts'
import { sampleAt } from './feed-history.ts'

/** A year of 365 days, as everywhere in options. */
const YEAR_MS = 31_536_000_000n

/**
 * The volatility of a feed that was realized over the window before a round, per year, as a
 * fraction (0.5 is 50 %): √(Σ ln²(next/before) · year/span). The feed is looked at on a grid of
 * `stepMs` that lies at the same times on every node; a return is taken from one point that has a
 * value to the next, and no mean is taken off. Rounded down in the decimals of the volatility feed;
 * the logarithms are exact to 2e-21.
 *
 * Absent under the same rule as the average; a value that is not positive is no value here.
 */
export const realizedVolatility: DerivedKind = {
  rulesOf: (derivation) => ({
    gridMs: stepMsOf(derivation),
    gapMsMax: gapMsMaxOf(derivation),
    // The grid's newest point may lie a step ahead of the round that looks back.
    keptMs: derivation.windowMs + gapMsMaxOf(derivation) + 2 * stepMsOf(derivation),
    accrue: (before, after) => squared(lnRatio(after.value, before.value)),
  }),
  admits: (value) => value > 0n,
  valueOf: (history, { derivation, endMs, decimals }) => {
    const stepMs = stepMsOf(derivation)
    // The last point before the round: no certificate that counts for it is still to come.
    const edgeMs = endMs - 1 - ((endMs - 1) % stepMs)
    const last = sampleAt(history, edgeMs)
    const first = sampleAt(history, edgeMs - derivation.windowMs)
    if (last === undefined || first === undefined) return null
    if (edgeMs - last.atMs > gapMsMaxOf(derivation)) return null
    if (last.unbrokenMs > edgeMs - derivation.windowMs) return null
    const variance = ((last.sum - first.sum) * YEAR_MS) / BigInt(last.atMs - first.atMs)
    return (integerSqrt(variance << 96n) * 10n ** BigInt(decimals)) >> 96n
  },
}

function stepMsOf({ stepMs }: Derivation): number {
  invariant(stepMs !== null, 'the parameters were checked')
  return stepMs
}

function gapMsMaxOf({ windowMs }: Derivation): number {
  return (windowMs - (windowMs % 4)) / 4
}

/** A square in Q96. */
function squared(x: bigint): bigint {
  return (x * x) >> 96n
}
