import type { MarketName } from '../../aggregator/values/market.ts'
import type { VenueRequest } from './venue.ts'

/**
 * Requests that together ask about the underlying of every feed: one for each path, which answers
 * for every feed that needs it.
 */
export function underlyingRequests(
  venue: {
    readonly symbolOf: (market: MarketName) => string
    readonly pathOf: (symbol: string) => string
    readonly weight: number
  },
  asked: {
    readonly feeds: readonly { readonly name: string; readonly underlying: MarketName }[]
    /** What the venue calls an underlying, where it differs. */
    readonly symbols: Readonly<Record<MarketName, string>>
  },
): readonly VenueRequest[] {
  const markets = asked.feeds.map(({ name, underlying }) => {
    return { market: name, symbol: asked.symbols[underlying] ?? venue.symbolOf(underlying) }
  })
  const groups = Map.groupBy(markets, ({ symbol }) => venue.pathOf(symbol))
  return [...groups].map(([path, named]) => ({ path, markets: named, weight: venue.weight }))
}
