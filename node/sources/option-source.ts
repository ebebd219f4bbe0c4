import type { ChainRules, OptionChain } from '../../aggregator/aggregation/option-chain.ts'
import { quoteOfIndex, volatilityIndex } from '../../aggregator/aggregation/volatility-index.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { OptionVenue } from './option-venue.ts'
import { underlyingRequests } from './underlying-requests.ts'
import type { AskedVenue, MarketAnswer, VenueRequest } from './venue.ts'
import { wholeMarketSource } from './whole-market.ts'

/** A feed whose value is read from option chains. */
export interface VolatilityFeed {
  /** As in the committee parameters; also the name under which its quotes are held. */
  readonly name: string
  /** The market whose options are asked for. */
  readonly underlying: MarketName
  readonly tenorMs: DurationMs
  readonly rules: ChainRules
}

/** One request for each underlying, which answers for every feed on it. */
export function optionRequests(
  venue: OptionVenue,
  asked: {
    readonly feeds: readonly VolatilityFeed[]
    /** What the venue calls an underlying, where it differs. */
    readonly symbols: Readonly<Record<MarketName, string>>
  },
): readonly VenueRequest[] {
  return underlyingRequests({ ...venue, weight: 1 }, asked)
}

/**
 * An option venue as the client asks any venue: its chain becomes one quote for each feed, whose
 * price is the volatility index of the chain at the feed's tenor.
 */
export function optionSource(venue: OptionVenue, feeds: readonly VolatilityFeed[]): AskedVenue {
  return wholeMarketSource(venue, (answer, { markets }, receivedMs) => {
    const symbol = markets[0]?.symbol
    if (symbol === undefined) return []
    const chain = venue.parse(answer, symbol)
    return markets.map(({ market }) => {
      const feed = feeds.find(({ name }) => name === market)
      invariant(feed !== undefined, 'requests are made of the same feeds')
      return indexAnswer(feed, { chain, receivedMs })
    })
  })
}

function indexAnswer(
  { name, tenorMs, rules }: VolatilityFeed,
  { chain, receivedMs }: { readonly chain: OptionChain; readonly receivedMs: UnixMs },
): MarketAnswer {
  const index = volatilityIndex(chain, { tenorMs, nowMs: receivedMs, rules })
  if (index.type === 'refused') {
    const code = 'SOURCE_VOLATILITY_ABSENT'
    return { type: 'refused', market: name, code, detail: index.code }
  }
  return { type: 'quoted', market: name, quote: quoteOfIndex(index) }
}
