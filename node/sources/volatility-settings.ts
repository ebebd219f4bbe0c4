import type { PriceRules } from '../../aggregator/aggregation/node-price.ts'
import type { FeedSettings } from '../../aggregator/aggregation/node-value.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { FeedParams } from '../../aggregator/params.ts'
import type { SourcesConfig } from './config.ts'
import type { VolatilityFeed } from './option-source.ts'
import { OPTION_VENUE_NAMES } from './registry.ts'

/** The volatility feeds of a committee: the market whose options are read, and the tenor. */
export function volatilityFeeds(
  { volatility }: SourcesConfig,
  feeds: readonly FeedParams[],
): readonly VolatilityFeed[] {
  return feeds.flatMap(({ kind, name, derivation }): readonly VolatilityFeed[] => {
    if (kind !== 'volatility') return []
    invariant(derivation !== undefined, 'the parameters were checked')
    const { of: underlying, windowMs: tenorMs } = derivation
    return [{ name, underlying, tenorMs, rules: volatility }]
  })
}

/**
 * How the indices of the option venues become the value of each volatility feed: as the prices of
 * venues become that of a spot feed, with one vote for each venue and no conversion.
 */
export function volatilitySettings(
  config: SourcesConfig,
  feeds: readonly FeedParams[],
): readonly FeedSettings[] {
  const venues = OPTION_VENUE_NAMES.filter((venue) => config.optionVenues[venue].enabled)
  return feeds
    .filter(({ kind }) => kind === 'volatility')
    .map(({ name, decimals, valueMin, valueMax, sourcesMin }) => ({
      name,
      decimals,
      valueMin,
      valueMax,
      legs: venues.map((venue) => ({ venue, market: name, route: [] })),
      rules: rulesOf(config.volatility, sourcesMin),
    }))
}

/** An index has neither a book nor trades nor volume; the rules for those are not asked. */
function rulesOf(volatility: SourcesConfig['volatility'], sourcesMin: number): PriceRules {
  const { ageMsMax, silenceMsMax, aheadMsMax, outlierRule, outlierBps } = volatility
  return {
    ageMsMax,
    silenceMsMax,
    aheadMsMax,
    unchangedMsMax: ageMsMax,
    spreadBpsMax: 1,
    tradeAgeMsMax: 0,
    baseVolumeMin: 0n,
    outlierRule,
    outlierBps,
    weightBpsMax: 4_999,
    sourcesMin: Math.max(volatility.sourcesMin, sourcesMin),
  }
}
