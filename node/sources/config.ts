import { z } from 'zod'
import { AHEAD_MS_LIMIT } from '../../aggregator/aggregation/quote.ts'
import { routeBetween } from '../../aggregator/aggregation/quotes-graph.ts'
import { QUOTE_DECIMALS } from '../../aggregator/values/fixed-point.ts'
import { currenciesOf } from '../../aggregator/values/market.ts'
import { amount, whole } from '../settings/scalars.ts'
import type { ConfiguredVenue } from './configured-venues.ts'
import { configuredVenue } from './configured-venues.ts'
import { declaredVenuesSchema } from './declared-config.ts'
import {
  conversionDefaults,
  feedDefaults,
  RULE_DEFAULTS,
  STREAM_DEFAULTS,
  VENUE_DEFAULTS,
} from './defaults.ts'
import {
  forwardSchema,
  fundingSchema,
  futureVenuesSchema,
  optionVenuesSchema,
  perpetualVenuesSchema,
  statedProblems,
  volatilitySchema,
} from './derivative-config.ts'
import type { KnownVenue } from './registry.ts'
import { VENUES } from './registry.ts'
import { clockProblems } from './source-clock.ts'
import type { Venue } from './venue.ts'
import {
  durationMs,
  freshMsOf,
  marketName,
  streamedVenueSchema,
  streamUrlOf,
} from './venue-config.ts'
import { budgetProblems, hostProblems, legVenueProblem, pinProblems } from './venue-problems.ts'

/** Each rule may be set for a feed or a conversion; the defaults suit large spot markets. */
const ruleFields = {
  ageMsMax: durationMs(3_600_000).default(RULE_DEFAULTS.ageMsMax),
  silenceMsMax: durationMs(600_000).default(RULE_DEFAULTS.silenceMsMax),
  aheadMsMax: whole(0, AHEAD_MS_LIMIT).default(RULE_DEFAULTS.aheadMsMax),
  unchangedMsMax: durationMs(3_600_000).default(RULE_DEFAULTS.unchangedMsMax),
  spreadBpsMax: whole(1, 5_000).default(RULE_DEFAULTS.spreadBpsMax),
  tradeAgeMsMax: durationMs(3_600_000).default(RULE_DEFAULTS.tradeAgeMsMax),
  baseVolumeMin: amount(QUOTE_DECIMALS).prefault(RULE_DEFAULTS.baseVolumeMin),
  outlierRule: z.enum(['quarantine', 'clamp']).default(RULE_DEFAULTS.outlierRule),
  outlierBps: whole(1, 5_000).default(RULE_DEFAULTS.outlierBps),
  weightBpsMax: whole(1, 4_999).default(RULE_DEFAULTS.weightBpsMax),
  sourcesMin: whole(1, 31).default(RULE_DEFAULTS.sourcesMin),
}

/** A century: no recording is older. */
const CLOCK_OFFSET_MS_MAX = 3_155_760_000_000

const legs = z
  .array(z.strictObject({ venue: z.string('must name a venue'), market: marketName }))
  .min(1, 'needs at least one venue')
  .max(31, 'takes at most 31 venues')

const conversionSchema = z.strictObject({
  market: marketName,
  legs,
  peg: z
    .strictObject({
      rate: amount(QUOTE_DECIMALS).refine((rate) => rate > 0n, 'must be above 0'),
      bpsMax: whole(1, 5_000),
    })
    .nullable()
    .default(null),
  ...ruleFields,
})

const feedSchema = z.strictObject({ legs, ...ruleFields })

const spotVenue = (name: KnownVenue) => {
  const venue: Venue = VENUES[name]
  const idleMs = venue.stream?.idleMs ?? STREAM_DEFAULTS.streamIdleMs
  return streamedVenueSchema({ ...venue, ...VENUE_DEFAULTS, idleMs })
}

/**
 * The `sources` part of a node's configuration: which venues are asked and how, and how their
 * quotes become the value of each feed. Every key has a default. Naming `conversions` or `feeds`
 * replaces the default list.
 */
export const sourcesConfigSchema = z
  .strictObject({
    clockOffsetMs: whole(-CLOCK_OFFSET_MS_MAX, CLOCK_OFFSET_MS_MAX).default(0),
    venues: z
      .strictObject({
        binance: spotVenue('binance'),
        coinbase: spotVenue('coinbase'),
        kraken: spotVenue('kraken'),
        bitstamp: spotVenue('bitstamp'),
        okx: spotVenue('okx'),
        gemini: spotVenue('gemini'),
        bitfinex: spotVenue('bitfinex'),
        cryptocom: spotVenue('cryptocom'),
        bybit: spotVenue('bybit'),
        kucoin: spotVenue('kucoin'),
        gate: spotVenue('gate'),
        htx: spotVenue('htx'),
      })
      .prefault({}),
    declaredVenues: declaredVenuesSchema,
    optionVenues: optionVenuesSchema,
    volatility: volatilitySchema,
    perpetualVenues: perpetualVenuesSchema,
    funding: fundingSchema,
    futureVenues: futureVenuesSchema,
    forward: forwardSchema,
    conversions: z
      .array(conversionSchema)
      .max(16, 'takes at most 16 conversions')
      .prefault(conversionDefaults),
    feeds: z.record(z.string().min(1).max(31), feedSchema).prefault(feedDefaults),
  })
  .check((context) => {
    for (const problem of crossFieldProblems(context.value)) {
      context.issues.push({ code: 'custom', input: context.value, ...problem })
    }
  })

/** The settings with every default filled in; amounts are at `QUOTE_DECIMALS`. */
export type SourcesConfig = z.output<typeof sourcesConfigSchema>
/** What an operator may write. */
export type SourcesConfigInput = z.input<typeof sourcesConfigSchema>

interface Problem {
  readonly path: (string | number)[]
  readonly message: string
}

type Legs = SourcesConfig['feeds'][string]['legs']

interface Section {
  readonly path: (string | number)[]
  /** The market or feed that the legs speak for. */
  readonly market: string
  readonly legs: Legs
  readonly sourcesMin: number
  readonly silenceMsMax: number
  /** Conversions that its routes may use. */
  readonly conversions: readonly string[]
}

function crossFieldProblems(config: SourcesConfig): readonly Problem[] {
  const markets = config.conversions.map(({ market }) => market)
  const sections: readonly Section[] = [
    ...config.conversions.map((conversion, index) => ({
      ...conversion,
      path: ['conversions', index],
      conversions: markets.slice(0, index),
    })),
    ...Object.entries(config.feeds).map(([market, feed]) => ({
      ...feed,
      market,
      path: ['feeds', market],
      conversions: markets,
    })),
  ]
  const repeated = markets.flatMap((market, index) =>
    markets.indexOf(market) === index
      ? []
      : [{ path: ['conversions', index, 'market'], message: `repeats ${market}` }],
  )
  const named = sections.flatMap(({ legs }) => legs)
  return [
    ...repeated,
    ...clockProblems(config, named),
    ...sections.flatMap((section) => sectionProblems(config, section)),
    ...hostProblems(config),
    ...pinProblems(config),
    ...budgetProblems(config, named),
    ...statedProblems('volatility', config.optionVenues, config.volatility),
    ...statedProblems('funding', config.perpetualVenues, config.funding),
    ...statedProblems('forward', config.futureVenues, config.forward),
  ]
}

function sectionProblems(config: SourcesConfig, section: Section): readonly Problem[] {
  const ends = currenciesOf(section.market)
  if (ends === null) {
    return [{ path: section.path, message: 'must be named BASE/QUOTE in capitals' }]
  }
  const problems = section.legs.flatMap((leg, index) => {
    const found = configuredVenue(config, leg.venue)
    const message =
      legVenueProblem(config, leg) ??
      (found === null ? null : legProblem(leg, { section, index, ends, found }))
    return message === null ? [] : [{ path: [...section.path, 'legs', index], message }]
  })
  const enabled = section.legs.filter(
    ({ venue }) => configuredVenue(config, venue)?.config.enabled === true,
  ).length
  if (enabled < section.sourcesMin) {
    const message = `is ${section.sourcesMin}, but only ${enabled} of its venues are enabled`
    problems.push({ path: [...section.path, 'sourcesMin'], message })
  }
  return problems
}

function legProblem(
  leg: Legs[number],
  scope: {
    readonly section: Section
    readonly index: number
    readonly ends: { readonly base: string; readonly quote: string }
    readonly found: ConfiguredVenue
  },
): string | null {
  const { section, index, ends, found } = scope
  if (section.legs.findIndex(({ venue }) => venue === leg.venue) !== index) {
    return `repeats ${leg.venue}: one venue has one vote`
  }
  const { pollMs } = found.config
  const isStreamed = streamUrlOf(found.venue, found.streamed) !== null
  // A stream is found quiet after a while, asked about within an interval, and then answers.
  const streamedMs = isStreamed ? pollMs + 2 * freshMsOf(pollMs) : 0
  const silenceMsMin = Math.max(2 * pollMs, streamedMs)
  if (section.silenceMsMax < silenceMsMin) {
    return `is polled every ${pollMs} ms; silenceMsMax must be at least ${silenceMsMin}`
  }
  const own = currenciesOf(leg.market)
  if (own === null || own.base !== ends.base) return `must be a market of ${ends.base}`
  if (routeBetween(section.conversions, { from: own.quote, to: ends.quote }) !== null) return null
  return `needs conversions from ${own.quote} to ${ends.quote}, listed before where they are used`
}
