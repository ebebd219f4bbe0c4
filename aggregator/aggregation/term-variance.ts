import { RATE_MAX, YEAR_SECONDS } from '../derivatives/black-scholes.ts'
import { BPS_WHOLE } from '../values/basis-points.ts'
import { expWad, lnRatio, WAD } from '../values/fixed-math.ts'
import { QUOTE_UNIT } from '../values/fixed-point.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { ChainRules, OptionChain, OptionQuote } from './option-chain.ts'
import { strikeRows } from './option-chain.ts'
import type { OptionStrip, StripFault, StripStrike } from './option-strip.ts'
import { optionStrip } from './option-strip.ts'

/** Total variances have 36 decimals: the square of a volatility with 18, times years. */
const VARIANCE_UNIT = WAD * WAD
/** A year of 365 days, as everywhere in options. */
export const YEAR_MS = YEAR_SECONDS * 1_000n

/** Why an expiry has no variance. */
export type TermFault =
  | StripFault
  /** The strikes are so few around the money that one of them decides. */
  | 'STRIKES_HOLE'
  /** Strikes end before `reachPercentMin` on one side. */
  | 'STRIKES_NARROW'
  /** The prices cost less than nothing together: nobody could have quoted them. */
  | 'VARIANCE_NOT_POSITIVE'

/** The variance until one expiry. */
export interface Term {
  readonly expiryMs: UnixMs
  readonly timeMs: DurationMs
  /** σ²·T, 36 decimals; above 0. */
  readonly variance: bigint
  readonly strip: OptionStrip
}

export type TermOutcome =
  | { readonly type: 'known'; readonly term: Term }
  | { readonly type: 'refused'; readonly code: TermFault }

/**
 * The variance that the options of one expiry cost together (the formula of the VIX):
 * σ²T = 2·e^(rT)·Σ ΔK/K²·Q(K) − (F/K0 − 1)². Each step rounds by a unit of 36 decimals.
 *
 * @param options of one expiry, which lies after `nowMs`
 */
export function termVariance(
  options: readonly OptionQuote[],
  scope: {
    readonly chain: OptionChain
    readonly expiryMs: UnixMs
    readonly nowMs: UnixMs
    readonly rules: ChainRules
  },
): TermOutcome {
  const { chain, expiryMs, nowMs, rules } = scope
  const timeMs = expiryMs - nowMs
  const growth = expWad((withinRates(chain.rate) * BigInt(timeMs)) / YEAR_MS)
  const rows = strikeRows(options, { rules, nowMs })
  const outcome = optionStrip(rows, { chain, options, growth, rules })
  if (outcome.type === 'refused') return outcome
  const { strip } = outcome
  const shares = strip.strikes.map((each, index) => shareOf(each, { strip, index, chain }))
  const sum = shares.reduce((total, share) => total + share, 0n)
  const largest = shares.reduce((most, share) => (share > most ? share : most), 0n)
  if (largest * BigInt(BPS_WHOLE) > sum * BigInt(rules.strikeShareBpsMax)) {
    return { type: 'refused', code: 'STRIKES_HOLE' }
  }
  const offset = strip.forward - strip.money
  const correction = (offset * offset * VARIANCE_UNIT) / (strip.money * strip.money)
  const variance = (growth * sum) / WAD - correction
  if (variance <= 0n) return { type: 'refused', code: 'VARIANCE_NOT_POSITIVE' }
  if (!reachesFar(strip, { variance, rules })) return { type: 'refused', code: 'STRIKES_NARROW' }
  return { type: 'known', term: { expiryMs, timeMs, variance, strip } }
}

/** 2·ΔK/K²·Q of one strike: ΔK is half the distance of its neighbours, at an end the whole. */
function shareOf(
  { strike, doubled }: StripStrike,
  scope: { readonly strip: OptionStrip; readonly index: number; readonly chain: OptionChain },
): bigint {
  const { strip, index, chain } = scope
  const below = strip.strikes[index - 1]?.strike
  const above = strip.strikes[index + 1]?.strike
  const width = (above ?? strike) - (below ?? strike)
  const twice = below === undefined || above === undefined ? 2n * width : width
  // A price in coins is worth the forward times as much at the expiry.
  const price = doubled * (chain.unit === 'coin' ? strip.forward : QUOTE_UNIT)
  return (twice * price * VARIANCE_UNIT) / (2n * strike * strike * QUOTE_UNIT)
}

/** Whether both ends of the strip lie far enough from the forward, in deviations of its own. */
function reachesFar(
  { forward, strikes }: OptionStrip,
  { variance, rules }: { readonly variance: bigint; readonly rules: ChainRules },
): boolean {
  const lowest = strikes[0]?.strike ?? forward
  const highest = strikes.at(-1)?.strike ?? forward
  const wanted = BigInt(rules.reachPercentMin) ** 2n * (variance << 192n)
  return [lnRatio(forward, lowest), lnRatio(highest, forward)].every(
    (distance) => distance > 0n && distance * distance * 10_000n * VARIANCE_UNIT >= wanted,
  )
}

function withinRates(rate: bigint): bigint {
  if (rate > RATE_MAX) return RATE_MAX
  return rate < -RATE_MAX ? -RATE_MAX : rate
}
