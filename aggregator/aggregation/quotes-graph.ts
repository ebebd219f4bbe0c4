import { invariant } from '../assert.ts'
import { divide, QUOTE_UNIT } from '../values/fixed-point.ts'
import { currenciesOf, type MarketName } from '../values/market.ts'

/** One step from a currency to the next over a conversion market. */
export interface Hop {
  readonly market: MarketName
  /** `multiply` goes from the market's base currency to its quote currency, `divide` back. */
  readonly direction: 'multiply' | 'divide'
}

/** Steps from one currency to another; empty when they are the same. */
export type Route = readonly Hop[]

/** A conversion is a market like any other: what it is worth now, or why nobody knows. */
export type Rate =
  | {
      readonly type: 'known'
      /** Quote currency per unit of base currency at `QUOTE_DECIMALS`; above 0. */
      readonly rate: bigint
    }
  | { readonly type: 'unknown'; readonly code: 'CONVERSION_ABSENT' | 'CONVERSION_DEPEGGED' }

/** Rates by conversion market. */
export type Rates = ReadonlyMap<MarketName, Rate>

/** Longest route: each hop adds its own error and its own manipulable market. */
const ROUTE_HOPS_MAX = 3

/**
 * The shortest route between two currencies over the conversion markets, in either direction; of
 * two equally short ones the one whose markets are listed first. Null when none has at most
 * `ROUTE_HOPS_MAX` hops: two currencies are never taken for the same because their names are alike.
 */
export function routeBetween(
  conversions: readonly MarketName[],
  ends: { readonly from: string; readonly to: string },
): Route | null {
  let frontier: readonly { at: string; route: Route }[] = [{ at: ends.from, route: [] }]
  const visited = new Set([ends.from])
  for (let hops = 0; hops <= ROUTE_HOPS_MAX; hops++) {
    const arrived = frontier.find(({ at }) => at === ends.to)
    if (arrived !== undefined) return arrived.route
    frontier = frontier.flatMap(({ at, route }) => {
      const steps = stepsFrom(at, conversions).filter(({ to }) => !visited.has(to))
      for (const { to } of steps) visited.add(to)
      return steps.map(({ to, hop }) => ({ at: to, route: [...route, hop] }))
    })
  }
  return null
}

interface Step {
  readonly to: string
  readonly hop: Hop
}

function stepsFrom(currency: string, conversions: readonly MarketName[]): readonly Step[] {
  return conversions.flatMap((market): readonly Step[] => {
    const ends = currenciesOf(market)
    invariant(ends !== null, 'a conversion market has two currencies')
    if (ends.base === currency) return [{ to: ends.quote, hop: { market, direction: 'multiply' } }]
    if (ends.quote === currency) return [{ to: ends.base, hop: { market, direction: 'divide' } }]
    return []
  })
}

export type Conversion =
  | { readonly type: 'converted'; readonly price: bigint }
  | { readonly type: 'refused'; readonly code: 'CONVERSION_ABSENT' | 'CONVERSION_DEPEGGED' }

/**
 * Carries a price along a route; each hop rounds to the nearest at `QUOTE_DECIMALS`. A hop without
 * a rate has no default: one USDT is what the market says or nothing.
 */
export function convert(
  price: bigint,
  { route, rates }: { readonly route: Route; readonly rates: Rates },
): Conversion {
  let converted = price
  for (const { market, direction } of route) {
    const rate = rates.get(market)
    if (rate === undefined) return { type: 'refused', code: 'CONVERSION_ABSENT' }
    if (rate.type === 'unknown') return { type: 'refused', code: rate.code }
    converted =
      direction === 'multiply'
        ? divide(converted * rate.rate, QUOTE_UNIT, 'nearest')
        : divide(converted * QUOTE_UNIT, rate.rate, 'nearest')
  }
  return { type: 'converted', price: converted }
}
