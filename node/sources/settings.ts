import type { Leg, PriceRules } from '../../aggregator/aggregation/node-price.ts'
import type {
  ConversionSettings,
  FeedSettings,
  SourceSettings,
} from '../../aggregator/aggregation/node-value.ts'
import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import { routeBetween } from '../../aggregator/aggregation/quotes-graph.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import { currenciesOf } from '../../aggregator/values/market.ts'
import type { SourcesConfig } from './config.ts'
import { configuredVenue } from './configured-venues.ts'
import { derivativeSettings } from './derivative-settings.ts'

type ConfiguredRules = Omit<SourcesConfig['feeds'][string], 'legs'>

/**
 * Joins an operator's configuration with the committee's feeds. The committee's minimum of venues
 * holds; an operator may only ask for more. A feed that is neither a spot feed with configuration
 * nor about derivatives is left out: this node has no value for it.
 */
export function sourceSettings(
  config: SourcesConfig,
  feeds: readonly FeedParams[],
): SourceSettings {
  const markets = config.conversions.map(({ market }) => market)
  const conversions = config.conversions.map((conversion, index): ConversionSettings => {
    const { market, legs, peg, ...rules } = conversion
    const earlier = markets.slice(0, index)
    return { market, peg, rules, legs: routedLegs(legs, { config, market, markets: earlier }) }
  })
  const valued = feeds.flatMap((feed): readonly FeedSettings[] => {
    const configured = Object.hasOwn(config.feeds, feed.name) ? config.feeds[feed.name] : undefined
    if (configured === undefined || feed.kind !== 'spot') return []
    const { legs, ...rules } = configured
    const { name, decimals, valueMin, valueMax } = feed
    return [
      {
        name,
        decimals,
        valueMin,
        valueMax,
        rules: withCommitteeMinimum(rules, feed.sourcesMin),
        legs: routedLegs(legs, { config, market: name, markets }),
      },
    ]
  })
  return { conversions, feeds: [...valued, ...derivativeSettings(config, feeds)] }
}

/** Every market that a leg names at the venue, each once. */
export function marketsAsked(
  { conversions, feeds }: SourceSettings,
  venue: VenueName,
): readonly MarketName[] {
  const legs = [...conversions, ...feeds].flatMap((each) => each.legs)
  return [...new Set(legs.filter((leg) => leg.venue === venue).map(({ market }) => market))]
}

function withCommitteeMinimum(rules: ConfiguredRules, sourcesMin: number): PriceRules {
  return { ...rules, sourcesMin: Math.max(rules.sourcesMin, sourcesMin) }
}

function routedLegs(
  legs: SourcesConfig['feeds'][string]['legs'],
  scope: {
    readonly config: SourcesConfig
    readonly market: string
    readonly markets: readonly string[]
  },
): readonly Leg[] {
  const { config, market, markets } = scope
  const to = currenciesOf(market)?.quote
  return legs
    .filter(({ venue }) => configuredVenue(config, venue)?.config.enabled === true)
    .map((leg) => {
      const from = currenciesOf(leg.market)?.quote
      invariant(from !== undefined && to !== undefined, 'the schema checked names of markets')
      const route = routeBetween(markets, { from, to })
      invariant(route !== null, 'the schema checked that each leg has a route')
      return { venue: leg.venue, market: leg.market, route }
    })
}
