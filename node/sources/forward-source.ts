import {
  type ForwardRules,
  forwardPrice,
  quoteOfForward,
} from '../../aggregator/aggregation/forward-price.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import type { FutureVenue } from './future-venue.ts'
import type { AskedVenue, MarketAnswer } from './venue.ts'
import { wholeMarketSource } from './whole-market.ts'

/** A feed whose value is read from futures. */
export interface ForwardFeed {
  /** As in the committee parameters; also the name under which its quotes are held. */
  readonly name: string
  /** The market whose futures are asked for. */
  readonly underlying: MarketName
  readonly tenorMs: DurationMs
  readonly rules: ForwardRules
}

/**
 * A venue of futures as the client asks any venue: its futures become one quote for each feed,
 * whose price is what they are worth at the feed's tenor, in the venue's currency.
 */
export function forwardSource(venue: FutureVenue, feeds: readonly ForwardFeed[]): AskedVenue {
  return wholeMarketSource(venue, (answer, { markets }, receivedMs) =>
    markets.map(({ market, symbol }): MarketAnswer => {
      const feed = feeds.find(({ name }) => name === market)
      invariant(feed !== undefined, 'requests are made of the same feeds')
      const { tenorMs, rules } = feed
      const futures = venue.parse(answer, symbol)
      const forward = forwardPrice(futures, { tenorMs, nowMs: receivedMs, rules })
      if (forward.type === 'known') {
        return { type: 'quoted', market, quote: quoteOfForward(forward) }
      }
      return { type: 'refused', market, code: 'SOURCE_FORWARD_ABSENT', detail: forward.code }
    }),
  )
}
