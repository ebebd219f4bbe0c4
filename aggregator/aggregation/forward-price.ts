import type { BasisPoints } from '../values/basis-points.ts'
import { isWiderThanBps } from '../values/basis-points.ts'
import { expWad, lnRatio, Q96_ONE, WAD } from '../values/fixed-math.ts'
import { divide } from '../values/fixed-point.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { Quote } from './quote.ts'

/** What a venue said about one future. Amounts have `QUOTE_DECIMALS` decimals. */
export interface FutureQuote {
  /** Null of a perpetual, whose price is that of now. */
  readonly expiryMs: UnixMs | null
  /** In the currency that the venue quotes in; null where nobody bids. */
  readonly bid: bigint | null
  /** In the same currency; null where nobody offers. */
  readonly ask: bigint | null
  /** When the venue says that this was true. */
  readonly venueMs: UnixMs | null
}

/** Which futures of a venue count. */
export interface ForwardRules {
  /** Oldest quote by the venue's time, where it gives one. */
  readonly ageMsMax: DurationMs
  /** How far the venue's time may run ahead. */
  readonly aheadMsMax: DurationMs
  /** Widest quote that has a middle, as a share of it. */
  readonly futureSpreadBpsMax: BasisPoints
  /** Nearer expiries do not count: near its end a future becomes the average that it pays. */
  readonly expiryMsMin: DurationMs
}

/** Why the futures of a venue say nothing about a tenor. */
export type ForwardFault =
  /** No future has a price that counts. */
  | 'EXPIRIES_ABSENT'
  /** All that have one expire before the tenor, or all after it. */
  | 'EXPIRIES_ONE_SIDED'

export type ForwardPrice =
  | {
      readonly type: 'known'
      /** In the currency that the venue quotes in, at `QUOTE_DECIMALS`; above 0. */
      readonly price: bigint
      /** What it is made of, the earlier first: two, or the one that expires just then. */
      readonly futures: readonly FutureQuote[]
    }
  | { readonly type: 'refused'; readonly code: ForwardFault }

/** A price at a moment, counted from now. */
export interface CurvePoint {
  readonly timeMs: DurationMs
  /** Above 0. */
  readonly price: bigint
}

interface PricedFuture extends CurvePoint {
  readonly quote: FutureQuote
}

/**
 * Price at a fixed tenor from a venue's futures: between the last that expires before it, or its
 * perpetual, and the first after it. Nothing is said beyond the last expiry. Of two futures with
 * one expiry the first counts. Total on any quotes.
 */
export function forwardPrice(
  futures: readonly FutureQuote[],
  asked: { readonly tenorMs: DurationMs; readonly nowMs: UnixMs; readonly rules: ForwardRules },
): ForwardPrice {
  const { tenorMs, nowMs, rules } = asked
  const priced = futures
    .flatMap((quote) => pricedFuture(quote, { nowMs, rules }))
    .sort((a, b) => a.timeMs - b.timeMs)
  if (priced.length === 0) return { type: 'refused', code: 'EXPIRIES_ABSENT' }
  const after = priced.find(({ timeMs }) => timeMs >= tenorMs)
  if (after?.timeMs === tenorMs) {
    return { type: 'known', price: after.price, futures: [after.quote] }
  }
  const lastMs = priced.findLast(({ timeMs }) => timeMs < tenorMs)?.timeMs
  const before = priced.find(({ timeMs }) => timeMs === lastMs)
  if (after === undefined || before === undefined) {
    return { type: 'refused', code: 'EXPIRIES_ONE_SIDED' }
  }
  const price = priceBetween(before, after, tenorMs)
  return { type: 'known', price, futures: [before.quote, after.quote] }
}

/**
 * The price at a time between two, its logarithm being linear in time: a constant yearly yield from
 * the one to the other. Never outside of the two prices; off by at most 2e-18 of the price where
 * the later is at least a half of the earlier.
 *
 * @param timeMs between the times of both, which differ
 */
export function priceBetween(before: CurvePoint, after: CurvePoint, timeMs: DurationMs): bigint {
  const passed = BigInt(timeMs - before.timeMs)
  const whole = BigInt(after.timeMs - before.timeMs)
  const yielded = divide(lnRatio(after.price, before.price) * passed, whole, 'nearest')
  const growth = expWad(divide(yielded * WAD, Q96_ONE, 'nearest'))
  const price = divide(before.price * growth, WAD, 'nearest')
  const [least, most] =
    before.price < after.price ? [before.price, after.price] : [after.price, before.price]
  if (price < least) return least
  return price > most ? most : price
}

/**
 * A forward as what its venue quotes: the price on both sides, at the time of the older of the
 * futures behind it (null when neither has one), with those futures.
 */
export function quoteOfForward({
  price,
  futures,
}: ForwardPrice & { readonly type: 'known' }): Quote {
  const times = futures.flatMap(({ venueMs }) => (venueMs === null ? [] : [venueMs]))
  const oldest = times.reduce<UnixMs | null>(
    (least, each) => (least === null || each < least ? each : least),
    null,
  )
  const nothing = { last: null, lastTradeMs: null, baseVolume: null }
  return { ...nothing, bid: price, ask: price, venueMs: oldest, futures }
}

/** A list of one, or of none where the quote may not be used. */
function pricedFuture(
  quote: FutureQuote,
  { nowMs, rules }: { readonly nowMs: UnixMs; readonly rules: ForwardRules },
): readonly PricedFuture[] {
  const { expiryMs, bid, ask, venueMs } = quote
  // A perpetual has no expiry, and stands for now.
  const timeMs = expiryMs === null ? 0 : expiryMs - nowMs
  const isOver = expiryMs !== null && timeMs <= 0
  const isTooNear = expiryMs !== null && timeMs < rules.expiryMsMin
  if (isOver || isTooNear) return []
  if (venueMs !== null) {
    if (nowMs - venueMs > rules.ageMsMax || venueMs - nowMs > rules.aheadMsMax) return []
  }
  if (bid === null || ask === null || bid <= 0n || ask < bid) return []
  if (isWiderThanBps({ bid, ask }, rules.futureSpreadBpsMax)) return []
  return [{ timeMs, price: (bid + ask) >> 1n, quote }]
}
