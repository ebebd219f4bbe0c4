import type { BasisPoints } from '../values/basis-points.ts'
import { BPS_WHOLE } from '../values/basis-points.ts'
import type { MarketName } from '../values/market.ts'
import type { UnixMs } from '../values/time.ts'
import type { JudgedVenue, OutlierRules, Quarantined } from './outliers.ts'
import { judgeOutliers } from './outliers.ts'
import type { ReceivedQuote, VenueName } from './quote.ts'
import type { Rates, Route } from './quotes-graph.ts'
import { convert } from './quotes-graph.ts'
import type { QuoteFault, QuoteRules } from './venue-price.ts'
import { venuePrice } from './venue-price.ts'
import { cappedWeights, weightedMedian } from './weights.ts'

/** One venue's market that speaks for a feed, and the way from its currency to the feed's. */
export interface Leg {
  readonly venue: VenueName
  readonly market: MarketName
  readonly route: Route
}

/** How quotes become one price. */
export interface PriceRules extends QuoteRules, OutlierRules {
  /** Largest share of one venue in the weights; below 5,000, or one venue could be the majority. */
  readonly weightBpsMax: BasisPoints
  /**
   * Venues that must have a price and agree on it; fewer and the price is absent, never averaged.
   */
  readonly sourcesMin: number
}

export interface PriceSettings {
  /** At least one; each venue at most once, so that no venue has two votes. */
  readonly legs: readonly Leg[]
  readonly rules: PriceRules
}

/** Latest quotes by `quoteKey`. */
export type QuoteBook = ReadonlyMap<string, ReceivedQuote>

export function quoteKey(venue: VenueName, market: MarketName): string {
  return `${venue} ${market}`
}

/** What became of one venue; shown to operators. */
export type VenueCode =
  | 'USED'
  /** Outside the band; its price counts as the band's edge. */
  | 'CLAMPED'
  /** Outside the band, or back inside but not yet within half of it. */
  | 'QUARANTINED'
  /** No quote has arrived. */
  | 'QUOTE_ABSENT'
  | QuoteFault
  /** A conversion on its way to the feed's currency has no rate. */
  | 'CONVERSION_ABSENT'
  /** A conversion on its way is further from its peg than the guard allows. */
  | 'CONVERSION_DEPEGGED'

export interface VenueVerdict {
  readonly venue: VenueName
  readonly market: MarketName
  readonly code: VenueCode
  /** At `QUOTE_DECIMALS`, in the feed's currency if it is a price; null when the venue has none. */
  readonly price: bigint | null
  readonly from: 'mid' | 'last' | null
  /** Share of the weight that decided the price; 0 when the venue had no part in it. */
  readonly weightBps: BasisPoints
}

export type PriceAbsence =
  /** Fewer venues with a usable price than `sourcesMin`. */
  | 'SOURCES_TOO_FEW'
  /** Enough venues with a price, but too few of them within the band around the median. */
  | 'SOURCES_DISAGREE'

export interface NodePrice {
  /** At `QUOTE_DECIMALS`; null when absent. */
  readonly price: bigint | null
  readonly reason: PriceAbsence | null
  /** State for the next time. */
  readonly quarantined: Quarantined
  /** One per leg, in their order. */
  readonly venues: readonly VenueVerdict[]
}

export interface PriceInput {
  readonly quarantined: Quarantined
  readonly quotes: QuoteBook
  readonly rates: Rates
  readonly nowMs: UnixMs
}

/**
 * Price that this node observes: venue prices, converted, judged against their median, weighted by
 * capped volume. Deterministic, and nothing is kept between calls but what is returned: the
 * simulator runs the same function.
 */
export function nodePrice(settings: PriceSettings, input: PriceInput): NodePrice {
  const { legs, rules } = settings
  const priced = legs.map((leg) => priceLeg(rules, { leg, input }))
  const usable = priced.flatMap(({ verdict, baseVolume }) =>
    verdict.price === null ? [] : [{ venue: verdict.venue, price: verdict.price, baseVolume }],
  )
  const first = priced.map(({ verdict }) => verdict)
  const { quarantined } = input
  if (usable.length === 0 || usable.length < rules.sourcesMin) {
    return { price: null, reason: 'SOURCES_TOO_FEW', quarantined, venues: first }
  }
  const outcome = judgeOutliers(rules, { priced: usable, quarantined })
  const agreeing = outcome.judged.filter(({ judgement }) => judgement === 'agrees').length
  const counted = outcome.judged.filter(({ judgement }) => judgement !== 'quarantined')
  if (agreeing === 0 || agreeing < rules.sourcesMin) {
    const venues = withJudgements(first, { judged: outcome.judged, shares: new Map() })
    return { price: null, reason: 'SOURCES_DISAGREE', quarantined: outcome.quarantined, venues }
  }
  const volumeOf = new Map(usable.map(({ venue, baseVolume }) => [venue, baseVolume]))
  const weights = cappedWeights(
    counted.map(({ venue }) => volumeOf.get(venue) ?? null),
    rules.weightBpsMax,
  )
  const price = weightedMedian(
    counted.map((each, index) => ({ price: each.price, weight: weights[index] as bigint })),
  )
  const shares = sharesOf(counted, weights)
  const venues = withJudgements(first, { judged: outcome.judged, shares })
  return { price, reason: null, quarantined: outcome.quarantined, venues }
}

interface PricedLeg {
  /** `USED` with a price, or the reason for none; judged later. */
  readonly verdict: VenueVerdict
  readonly baseVolume: bigint | null
}

function priceLeg(
  rules: QuoteRules,
  { leg, input }: { readonly leg: Leg; readonly input: PriceInput },
): PricedLeg {
  const { venue, market, route } = leg
  const quote = input.quotes.get(quoteKey(venue, market))
  const refused = (code: VenueCode): PricedLeg => ({
    verdict: { venue, market, code, price: null, from: null, weightBps: 0 },
    baseVolume: null,
  })
  if (quote === undefined) return refused('QUOTE_ABSENT')
  const stated = venuePrice(rules, { quote, nowMs: input.nowMs })
  if (stated.type === 'refused') return refused(stated.code)
  const conversion = convert(stated.price, { route, rates: input.rates })
  if (conversion.type === 'refused') return refused(conversion.code)
  const { price } = conversion
  // A price can only vanish below 10^-18; it would be no centre for a band.
  if (price <= 0n && rules.measure !== 'rate') return refused('BOOK_ABSENT')
  return {
    verdict: { venue, market, code: 'USED', price, from: stated.from, weightBps: 0 },
    baseVolume: quote.baseVolume,
  }
}

const CODE_OF = { agrees: 'USED', clamped: 'CLAMPED', quarantined: 'QUARANTINED' } as const

function withJudgements(
  verdicts: readonly VenueVerdict[],
  outcome: {
    readonly judged: readonly JudgedVenue[]
    readonly shares: ReadonlyMap<VenueName, BasisPoints>
  },
): readonly VenueVerdict[] {
  return verdicts.map((verdict) => {
    const judged = outcome.judged.find(({ venue }) => venue === verdict.venue)
    if (judged === undefined) return verdict
    const weightBps = outcome.shares.get(verdict.venue) ?? 0
    return { ...verdict, code: CODE_OF[judged.judgement], weightBps }
  })
}

function sharesOf(
  counted: readonly JudgedVenue[],
  weights: readonly bigint[],
): ReadonlyMap<VenueName, BasisPoints> {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  return new Map(
    counted.map(({ venue }, index) => {
      // Floor: for display only.
      return [venue, Number(((weights[index] as bigint) * BigInt(BPS_WHOLE)) / total)]
    }),
  )
}
