import type { Leg, PriceRules, PriceSettings } from '../../aggregator/aggregation/node-price.ts'
import type { FeedSettings } from '../../aggregator/aggregation/node-value.ts'
import { routeBetween } from '../../aggregator/aggregation/quotes-graph.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { FeedKind, FeedParams } from '../../aggregator/committee/params.ts'
import { divide } from '../../aggregator/values/fixed-point.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import { currenciesOf } from '../../aggregator/values/market.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import type { SourcesConfig } from './config.ts'
import type { StatedRules } from './derivative-config.ts'
import type { ForwardFeed } from './forward-source.ts'
import type { FundingFeed } from './funding-source.ts'
import type { VolatilityFeed } from './option-source.ts'
import { FUTURE_VENUE_NAMES, FUTURE_VENUES } from './registry.ts'
import type { WrittenVenue } from './venue-config.ts'

/** The volatility feeds of a committee: the market whose options are read, and the tenor. */
export function volatilityFeeds(
  { volatility }: Pick<SourcesConfig, 'volatility'>,
  feeds: readonly FeedParams[],
): readonly VolatilityFeed[] {
  return derivationsOf('volatility', feeds).map(({ name, of, windowMs }) => {
    return { name, underlying: of, tenorMs: windowMs, rules: volatility }
  })
}

/** The forward feeds of a committee: the market whose futures are read, and the tenor. */
export function forwardFeeds(
  { forward }: Pick<SourcesConfig, 'forward'>,
  feeds: readonly FeedParams[],
): readonly ForwardFeed[] {
  return derivationsOf('forward', feeds).map(({ name, of, windowMs }) => {
    return { name, underlying: of, tenorMs: windowMs, rules: forward }
  })
}

/** The funding feeds of a committee: the market whose perpetuals are read, and the interval. */
export function fundingFeeds(feeds: readonly FeedParams[]): readonly FundingFeed[] {
  return derivationsOf('funding', feeds).map(({ name, of, windowMs }) => {
    return { name, underlying: of, windowMs }
  })
}

/**
 * How what venues of derivatives say becomes the value of each feed: as the prices of venues become
 * that of a spot feed, with one vote for each venue.
 */
export function derivativeSettings(
  config: SourcesConfig,
  feeds: readonly FeedParams[],
): readonly FeedSettings[] {
  return feeds.flatMap((feed): readonly FeedSettings[] => {
    const asked = askedOf(config, feed)
    if (asked === null) return []
    const { name, decimals, valueMin, valueMax } = feed
    return [{ name, decimals, valueMin, valueMax, ...asked }]
  })
}

function askedOf(config: SourcesConfig, feed: FeedParams): PriceSettings | null {
  const { kind, name, sourcesMin, derivation } = feed
  if (kind === 'volatility') {
    const rules = statedRules(config.volatility, sourcesMin)
    return { legs: plainLegs(config.optionVenues, name), rules }
  }
  if (kind !== 'funding' && kind !== 'forward') return null
  invariant(derivation !== undefined, 'the parameters were checked')
  if (kind === 'forward') {
    const rules = statedRules(config.forward, sourcesMin)
    return { legs: futureLegs(config, { name, of: derivation.of }), rules }
  }
  const rules = {
    ...statedRules(config.funding, sourcesMin),
    measure: 'rate' as const,
    outlierReachMin: overWindow(config.funding.outlierRateMin, derivation.windowMs),
  }
  return { legs: plainLegs(config.perpetualVenues, name), rules }
}

/** What is stated without a currency needs no conversion. */
function plainLegs(venues: Readonly<Record<string, WrittenVenue>>, name: string): readonly Leg[] {
  return Object.entries(venues)
    .filter(([, { enabled }]) => enabled)
    .map(([venue]) => ({ venue, market: name, route: [] }))
}

/** Venues whose currency has a way to that of the market; the others cannot speak for it. */
function futureLegs(
  { futureVenues, conversions }: SourcesConfig,
  { name, of }: { readonly name: string; readonly of: MarketName },
): readonly Leg[] {
  const markets = conversions.map(({ market }) => market)
  const to = currenciesOf(of)?.quote
  invariant(to !== undefined, 'the parameters were checked')
  return FUTURE_VENUE_NAMES.flatMap((venue): readonly Leg[] => {
    const { enabled, symbols } = futureVenues[venue]
    const { quoteOf, symbolOf } = FUTURE_VENUES[venue]
    const route = routeBetween(markets, { from: quoteOf(symbols[of] ?? symbolOf(of)), to })
    return !enabled || route === null ? [] : [{ venue, market: name, route }]
  })
}

/** What operators write is for eight hours, as rates are quoted. */
const WRITTEN_MS = 28_800_000n

function overWindow(rate: bigint, windowMs: DurationMs): bigint {
  return divide(rate * BigInt(windowMs), WRITTEN_MS, 'ceil')
}

/** What is stated has neither a book nor trades nor volume; the rules for those are not asked. */
function statedRules(stated: StatedRules, sourcesMin: number): PriceRules {
  const { ageMsMax, silenceMsMax, aheadMsMax, outlierRule, outlierBps } = stated
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
    sourcesMin: Math.max(stated.sourcesMin, sourcesMin),
  }
}

function derivationsOf(kind: FeedKind, feeds: readonly FeedParams[]) {
  return feeds.flatMap(({ kind: own, name, derivation }) => {
    if (own !== kind) return []
    invariant(derivation !== undefined, 'the parameters were checked')
    return [{ name, of: derivation.of, windowMs: derivation.windowMs }]
  })
}
