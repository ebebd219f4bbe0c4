import type { PriceRules } from '../../aggregator/aggregation/node-price.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { membersOf } from '../../aggregator/values/ids.ts'
import { createBatesPath } from '../world/bates.ts'
import { type CoinOptions, createCoinPath } from '../world/coins.ts'
import type { Keys } from '../world/keys.ts'
import type { LatencyModel } from '../world/latency.ts'
import type { NetworkOptions } from '../world/network.ts'
import { createPricePath, type PricePath } from '../world/prices.ts'
import {
  createRecordedPath,
  createVenueSeries,
  type Recording,
  type VenueSeries,
} from '../world/recorded.ts'
import { REGIONS } from '../world/regions.ts'
import { directSources, type Sources, venueSources } from '../world/sources.ts'
import type { Coin, StandOptions } from '../world/stands.ts'
import type { VenueIncident, VenueOptions } from '../world/venues.ts'
import { FEED_DECIMALS, GENESIS_MS } from './params.ts'
import type { Scenario } from './schema.ts'

const US_PER_MS = 1_000

/** The network of a scenario in the units of the world. */
export function networkOf({ network }: Scenario): NetworkOptions {
  return {
    latency: latencyOf(network.latency),
    lossPpm: network.lossPpm,
    duplicationPpm: network.duplicationPpm,
    uplinkBitsPerSecond: network.uplinkBitsPerSecond ?? 0,
    cuts: network.cuts.map((cut) => ({
      fromUs: cut.fromMs * US_PER_MS,
      toUs: cut.toMs * US_PER_MS,
      senders: membersOf(cut.senders),
      receivers: membersOf(cut.receivers),
      isSymmetric: !cut.oneWay,
      flapUs: (cut.flapMs ?? 0) * US_PER_MS,
    })),
  }
}

function latencyOf(latency: Scenario['network']['latency']): LatencyModel {
  if (latency.type !== 'regions' && latency.type !== 'placed') return latency
  const tails = latency.sigma === undefined ? {} : { sigma: latency.sigma }
  if (latency.type === 'placed') return { type: 'regions', placement: latency.regions, ...tails }
  const placement = [...new Set([...latency.order, ...REGIONS])].flatMap((region) =>
    Array.from({ length: latency.placement[region] ?? 0 }, () => region),
  )
  return { type: 'regions', placement, ...tails }
}

/** What prices of a scenario are made of. */
export interface PricesMade {
  readonly seed: number
  readonly feeds: readonly FeedParams[]
  readonly recording: Recording | null
}

/** Markets that somebody pushes, by `quoteKey`. */
type Pushed = StandOptions['pushed']

/** What the members of a scenario see of its prices. */
export function sourcesOf(
  scenario: Scenario,
  made: PricesMade & { readonly keys: Keys; readonly pushed?: Pushed },
): Sources {
  const { prices, committee } = scenario
  const { keys, pushed } = made
  const size = committee.members
  const stands = standOptionsOf(scenario, made, pushed)
  if (prices.venues.length === 0) {
    return directSources({ ...stands, size, noisePpm: prices.noisePpm })
  }
  return venueSources({
    ...stands,
    size,
    keccak256: keys.crypto.keccak256,
    pollUs: prices.pollMs * US_PER_MS,
    unreachable: unreachableOf(prices.unreachable),
  })
}

/** The venues of a scenario, with what they show. */
export function standOptionsOf(
  { prices }: Scenario,
  { seed, feeds, recording }: PricesMade,
  pushed?: Pushed,
): StandOptions {
  return {
    seed,
    feeds,
    paths: feeds.map((feed) => truthOf(prices, { seed, label: feed.name, recording })),
    venues: prices.venues.map((venue) => ({
      ...venueOf(venue),
      quote: venue.quote,
      series: seriesOf(venue.path, recording),
    })),
    coins: prices.conversions.map((conversion) => coinOf(conversion, { seed, prices })),
    rules: rulesOf(prices),
    epochMs: GENESIS_MS,
    ...(pushed === undefined ? {} : { pushed }),
  }
}

type Prices = Scenario['prices']

function rulesOf({ outlierRule, outlierBps, weightBpsMax, sourcesMin }: Prices): PriceRules {
  return {
    ageMsMax: 30_000,
    silenceMsMax: 10_000,
    aheadMsMax: 5_000,
    unchangedMsMax: 120_000,
    spreadBpsMax: 100,
    tradeAgeMsMax: 60_000,
    baseVolumeMin: 0n,
    outlierRule,
    outlierBps,
    weightBpsMax,
    sourcesMin,
  }
}

function coinOf(
  conversion: Prices['conversions'][number],
  { seed, prices }: { readonly seed: number; readonly prices: Prices },
): Coin {
  const { market, noisePpm, use, peg, venues, outlierBps, sourcesMin } = conversion
  const path = createCoinPath({ seed, market, noisePpm, depeg: depegOf(conversion.depeg) })
  if (use === 'par') return { market, path, venues: venues.map(venueOf), use: null }
  const rules: PriceRules = {
    ...rulesOf(prices),
    // A coin's market is quiet: the node's own rules for it (node/sources/defaults.ts).
    ageMsMax: 300_000,
    silenceMsMax: 30_000,
    unchangedMsMax: 300_000,
    outlierRule: 'quarantine',
    outlierBps,
    sourcesMin,
  }
  return {
    market,
    path,
    venues: venues.map(venueOf),
    use: { rules, pegBpsMax: peg?.bpsMax ?? null },
  }
}

function depegOf(depeg: Prices['conversions'][number]['depeg']): CoinOptions['depeg'] {
  if (depeg === undefined) return null
  return {
    fromUs: depeg.fromMs * US_PER_MS,
    depthBps: depeg.depthBps,
    rampUs: depeg.rampMs * US_PER_MS,
    toUs: (depeg.toMs ?? Number.POSITIVE_INFINITY) * US_PER_MS,
    recoveryUs: depeg.recoveryMs * US_PER_MS,
  }
}

/** The true price of a feed. @throws {RangeError} when a recording is wanted and not there */
export function truthOf(
  prices: Prices,
  of: { readonly seed: number; readonly label: string; readonly recording: Recording | null },
): PricePath {
  const { seed, label, recording } = of
  const { model, volatilityPpm, jumpsPerDay, jumpPpm } = prices
  const unit = 10 ** FEED_DECIMALS
  const start = prices.start * unit
  if (model === undefined) {
    return createPricePath({ seed, label, start, volatilityPpm, jumpsPerDay, jumpPpm })
  }
  if (model.type === 'bates') return createBatesPath({ seed, label, start, model })
  if (recording === null) throw new RangeError('the scenario needs its recording')
  return createRecordedPath(recording, unit)
}

/** What was heard of a venue. @throws {RangeError} when it is not in the recording */
function seriesOf(path: string | undefined, recording: Recording | null): VenueSeries | null {
  if (path === undefined) return null
  const venue = recording?.venues.find(({ name }) => name === path)
  if (venue === undefined) throw new RangeError(`the recording has no venue ${path}`)
  return createVenueSeries(venue, 10 ** FEED_DECIMALS)
}

function unreachableOf(
  entries: Scenario['prices']['unreachable'],
): ReadonlyMap<number, ReadonlySet<string>> {
  const byMember = new Map<number, Set<string>>()
  for (const { members, venues } of entries) {
    for (const member of members) {
      const known = byMember.get(member) ?? new Set()
      for (const venue of venues) known.add(venue)
      byMember.set(member, known)
    }
  }
  return byMember
}

function venueOf(venue: Prices['conversions'][number]['venues'][number]): VenueOptions {
  return {
    name: venue.name,
    lagUs: venue.lagMs * US_PER_MS,
    halfSpreadPpm: venue.halfSpreadPpm,
    noisePpm: venue.noisePpm,
    tick: Math.round(venue.tick * 10 ** FEED_DECIMALS),
    lastTrade: venue.lastTrade,
    volume: venue.volume,
    incidents: venue.incidents.map(incidentOf),
  }
}

function incidentOf(
  incident: Scenario['prices']['venues'][number]['incidents'][number],
): VenueIncident {
  const span = { fromUs: incident.fromMs * US_PER_MS, toUs: incident.toMs * US_PER_MS }
  if (incident.type === 'scaled') return { ...span, type: 'scaled', ppm: incident.ppm }
  if (incident.type === 'drift') {
    return { ...span, type: 'drift', ppmPerMinute: incident.ppmPerMinute }
  }
  if (incident.type === 'lagging') {
    return { ...span, type: 'lagging', lagUs: incident.lagMs * US_PER_MS }
  }
  return { ...span, type: incident.type }
}
