import { VOLATILITY_MAX, VOLATILITY_MIN } from '../derivatives/black-scholes.ts'
import type { Wad } from '../values/fixed-math.ts'
import { integerSqrt } from '../values/fixed-math.ts'
import { divide } from '../values/fixed-point.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import { medianFloorNumbers } from './median.ts'
import type { ChainRules, OptionChain } from './option-chain.ts'
import { byExpiry } from './option-chain.ts'
import type { Quote } from './quote.ts'
import type { Term, TermFault } from './term-variance.ts'
import { termVariance, YEAR_MS } from './term-variance.ts'

/** Why a chain has no volatility at a tenor. */
export type IndexFault =
  | TermFault
  /** No expiry lies near enough to the tenor. */
  | 'EXPIRIES_ABSENT'
  /** Expiries on one side of the tenor only, and none close to it. */
  | 'EXPIRIES_ONE_SIDED'
  /** Outside what option formulas are defined for, 1 % to 1000 %. */
  | 'VOLATILITY_OUT_OF_RANGE'

export type VolatilityIndex =
  | {
      readonly type: 'known'
      /** Per year, 18 decimals, rounded down. */
      readonly volatility: Wad
      /** The expiries that it is made of, ascending: two, or one alone. */
      readonly terms: readonly Term[]
    }
  | { readonly type: 'refused'; readonly code: IndexFault }

/** An expiry counts from a quarter of the tenor to four times as much. */
const TENOR_FACTOR = 4
/** An expiry stands alone for the tenor up to a quarter of it away. */
const ALONE_PART = 4

/**
 * Implied volatility at a fixed tenor from a venue's option chain: the variance until the expiries
 * before and after the tenor, and between them total variance linear in time (ADR 0044). An expiry
 * that cannot be used gives way to the next one on its side. Total on any chain: amounts of any
 * size and sign lead to a volatility within 1 % to 1000 % or to a code.
 */
export function volatilityIndex(
  chain: OptionChain,
  asked: { readonly tenorMs: DurationMs; readonly nowMs: UnixMs; readonly rules: ChainRules },
): VolatilityIndex {
  const { tenorMs, nowMs, rules } = asked
  const groups = byExpiry(chain)
  const times = [...groups.keys()]
    .filter((expiryMs) => isNearTenor(expiryMs - nowMs, { tenorMs, rules }))
    .map((expiryMs) => ({ expiryMs, timeMs: expiryMs - nowMs }))
    .sort((a, b) => a.timeMs - b.timeMs)
  if (times.length === 0) return { type: 'refused', code: 'EXPIRIES_ABSENT' }
  const faults: TermFault[] = []
  const firstOf = (candidates: typeof times): Term | null => {
    for (const { expiryMs } of candidates) {
      const outcome = termVariance(groups.get(expiryMs) ?? [], { chain, expiryMs, nowMs, rules })
      if (outcome.type === 'known') return outcome.term
      faults.push(outcome.code)
    }
    return null
  }
  const after = firstOf(times.filter(({ timeMs }) => timeMs >= tenorMs))
  const isExact = after?.timeMs === tenorMs
  const before = isExact ? null : firstOf(times.filter(({ timeMs }) => timeMs < tenorMs).reverse())
  const terms = [before, after].filter((term) => term !== null)
  const isAlone = terms.every(({ timeMs }) => isCloseTo(tenorMs, timeMs))
  if (terms.length === 2 || (terms.length === 1 && isAlone)) return between(terms, tenorMs)
  return { type: 'refused', code: faults[0] ?? 'EXPIRIES_ONE_SIDED' }
}

/**
 * The volatility at a tenor, total variance being linear between two terms and proportional to time
 * around a single one.
 *
 * @param terms one or two, ascending; of two the tenor lies between them
 */
export function between(terms: readonly Term[], tenorMs: DurationMs): VolatilityIndex {
  const [first, last = first] = terms
  if (first === undefined || last === undefined) {
    return { type: 'refused', code: 'EXPIRIES_ABSENT' }
  }
  const variance =
    first === last
      ? (first.variance * BigInt(tenorMs)) / BigInt(first.timeMs)
      : first.variance +
        divide(
          (last.variance - first.variance) * BigInt(tenorMs - first.timeMs),
          BigInt(last.timeMs - first.timeMs),
          'floor',
        )
  const volatility = integerSqrt((variance * YEAR_MS) / BigInt(tenorMs))
  if (volatility < VOLATILITY_MIN || volatility > VOLATILITY_MAX) {
    return { type: 'refused', code: 'VOLATILITY_OUT_OF_RANGE' }
  }
  return { type: 'known', volatility, terms }
}

/**
 * An index as what its venue quotes: the volatility on both sides, at the middle of the times that
 * the venue gave for the options behind it (null when it gave none), with those options.
 */
export function quoteOfIndex(index: VolatilityIndex & { readonly type: 'known' }): Quote {
  const options = index.terms.flatMap(({ strip }) => strip.quotes)
  const times = options.flatMap(({ venueMs }) => (venueMs === null ? [] : [venueMs]))
  return {
    bid: index.volatility,
    ask: index.volatility,
    last: null,
    lastTradeMs: null,
    baseVolume: null,
    venueMs: times.length === 0 ? null : medianFloorNumbers(times),
    options,
  }
}

function isNearTenor(
  timeMs: DurationMs,
  { tenorMs, rules }: { readonly tenorMs: DurationMs; readonly rules: ChainRules },
): boolean {
  if (!Number.isSafeInteger(timeMs) || timeMs < rules.expiryMsMin || timeMs <= 0) return false
  return timeMs * TENOR_FACTOR >= tenorMs && timeMs <= tenorMs * TENOR_FACTOR
}

function isCloseTo(tenorMs: DurationMs, timeMs: DurationMs): boolean {
  const distanceMs = timeMs < tenorMs ? tenorMs - timeMs : timeMs - tenorMs
  return distanceMs * ALONE_PART <= tenorMs
}
