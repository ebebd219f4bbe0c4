import { WHOLE_MARKET_LIMITS } from './json.ts'
import type { AskedVenue, UsedWeightHeader, Venue } from './venue.ts'

/** Where and how fast a venue is asked whose answers are about everything on a market. */
export interface WholeMarketVenue
  extends Pick<
    Venue,
    'name' | 'baseUrl' | 'alternateUrls' | 'pollMs' | 'budget' | 'sharedLimits' | 'limitStatus'
  > {
  /** Left out where the venue sends none. */
  readonly usedWeightHeader?: UsedWeightHeader
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
