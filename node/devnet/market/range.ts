import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import type { MarketModel, MarketVenue } from './model.ts'
import { MARKET_DECIMALS, MARKET_VENUES, STEP_MS } from './model.ts'

/** Lowest and highest middle of the honest venues in US dollars, as decimals. */
export interface HonestRange {
  readonly min: string
  readonly max: string
}

/** Longest range in one question: beyond it the range says nothing about one value. */
const RANGE_MS_MAX = 60_000

const UNIT = 10n ** BigInt(MARKET_DECIMALS)

/**
 * Range in which an honest value of the market lay within a span of time: every venue without an
 * incident, those that quote in USDT converted at the lowest and highest rate of the span. Null for
 * an unknown market or span, or when no venue was honest.
 */
export function honestRange(
  model: MarketModel,
  asked: { readonly market: string; readonly fromMs: UnixMs; readonly untilMs: UnixMs },
): HonestRange | null {
  const { market, fromMs, untilMs } = asked
  const base = market.endsWith('/USD') ? market.slice(0, -'/USD'.length) : ''
  if (!model.lists(base, 'USD')) return null
  if (untilMs < fromMs || untilMs - fromMs > RANGE_MS_MAX) return null
  const moments = Array.from(
    { length: Math.floor((untilMs - fromMs) / STEP_MS) + 1 },
    (_, step) => fromMs + step * STEP_MS,
  )
  const rates = moments.flatMap((nowMs) => middles(model, { base: 'USDT', nowMs }))
  const values = moments.flatMap((nowMs) => [
    ...middles(model, { base, nowMs }),
    ...convertedMiddles(model, { base, nowMs, rates }),
  ])
  const range = extremesOf(values)
  if (range === null) return null
  return {
    min: formatDecimal(range.min, MARKET_DECIMALS),
    max: formatDecimal(range.max, MARKET_DECIMALS),
  }
}

const IN_TETHER: readonly MarketVenue[] = ['binance', 'okx']

function middles(
  model: MarketModel,
  { base, nowMs }: { readonly base: string; readonly nowMs: UnixMs },
): readonly bigint[] {
  return MARKET_VENUES.filter((venue) => !IN_TETHER.includes(venue))
    .filter((venue) => model.incidentOf(venue, nowMs) === null)
    .map((venue) => model.honestMid({ venue, base, quote: 'USD', nowMs }))
}

function convertedMiddles(
  model: MarketModel,
  asked: { readonly base: string; readonly nowMs: UnixMs; readonly rates: readonly bigint[] },
): readonly bigint[] {
  const { base, nowMs, rates } = asked
  const range = extremesOf(rates)
  if (range === null) return []
  return IN_TETHER.filter((venue) => model.incidentOf(venue, nowMs) === null).flatMap((venue) => {
    const middle = model.honestMid({ venue, base, quote: 'USDT', nowMs })
    return [(middle * range.min) / UNIT, (middle * range.max) / UNIT]
  })
}

function extremesOf(
  values: readonly bigint[],
): { readonly min: bigint; readonly max: bigint } | null {
  const [first, ...rest] = values
  if (first === undefined) return null
  return rest.reduce(
    ({ min, max }, value) => ({ min: value < min ? value : min, max: value > max ? value : max }),
    { min: first, max: first },
  )
}
