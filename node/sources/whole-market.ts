import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { WHOLE_MARKET_LIMITS } from './json.ts'
import type {
  AskedVenue,
  LimitStatus,
  SharedLimits,
  UsedWeightHeader,
  VenueBudget,
} from './venue.ts'

/** Where and how fast a venue is asked whose answers are about everything on a market. */
export interface WholeMarketVenue {
  readonly name: VenueName
  readonly baseUrl: string
  /** Other hosts of the same market, tried in this order; left out where none is known. */
  readonly alternateUrls?: readonly string[]
  readonly pollMs: DurationMs
  readonly budget: VenueBudget
  /** As of `Venue`. */
  readonly sharedLimits?: SharedLimits
  /** As of `Venue`; left out where the venue sends none. */
  readonly usedWeightHeader?: UsedWeightHeader
  /** As of `Venue`. */
  readonly limitStatus?: LimitStatus
}

/** The venue as the client asks it, with how its answers are read. */
export function wholeMarketSource(venue: WholeMarketVenue, parse: AskedVenue['parse']): AskedVenue {
  const { name, budget, sharedLimits, usedWeightHeader = null, limitStatus } = venue
  return {
    name,
    budget,
    ...(sharedLimits !== undefined && { sharedLimits }),
    usedWeightHeader,
    ...(limitStatus !== undefined && { limitStatus }),
    jsonLimits: WHOLE_MARKET_LIMITS,
    parse,
  }
}
