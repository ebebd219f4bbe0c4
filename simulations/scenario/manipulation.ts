import { quoteKey } from '../../aggregator/aggregation/node-price.ts'
import { cappedWeights } from '../../aggregator/aggregation/weights.ts'
import { hasMember, type Members } from '../../aggregator/values/ids.ts'
import { firstValueIn } from '../statistics/statistics.ts'
import type { Fact } from '../world/facts.ts'
import { Manipulation, type ManipulationOptions } from '../world/manipulation.ts'
import { PRICE_STEP_US, type PricePath } from '../world/prices.ts'
import type { PushableMarket } from '../world/pushed-market.ts'
import { createShadowNode } from '../world/shadow-node.ts'
import { marketOf, type StandOptions } from '../world/stands.ts'
import type { World } from '../world/world.ts'
import { FEED_DECIMALS, feedName, paramsOf } from './params.ts'
import type { Scenario } from './schema.ts'
import { type PricesMade, standOptionsOf } from './world.ts'

const US_PER_MS = 1_000

type Prices = Scenario['prices']
type Planned = Prices['manipulations'][number]
/** A venue of a feed, or one of a coin, which quotes in dollars. */
type Shown = Prices['conversions'][number]['venues'][number] & { readonly quote?: string }

/** Attacks on the venues of a scenario, and what they push of what its venues show. */
export function manipulationsOf(
  scenario: Scenario,
  made: PricesMade,
): { readonly manipulations: readonly Manipulation[]; readonly pushed: StandOptions['pushed'] } {
  const { prices } = scenario
  const { roundMs } = paramsOf(scenario, made.seed).timing
  // Made when it is first asked for: what it sees is made of what they push.
  const seen = () => {
    const stands = standOptionsOf(scenario, made, pushed)
    return { truth: stands.paths[0] as PricePath, shadow: createShadowNode(stands) }
  }
  let dependencies: ReturnType<typeof seen> | null = null
  const manipulations = prices.manipulations.map((planned) => {
    const options = optionsOf(planned, { prices, roundMs })
    return new Manipulation(options, () => {
      dependencies ??= seen()
      return dependencies
    })
  })
  const markets = manipulations.flatMap((each) => each.markets)
  const pushed = new Map(
    markets.map((market) => [market.of.key, (timeUs: number) => market.moveAt(timeUs)] as const),
  )
  return { manipulations, pushed }
}

/** Plans the trades of those who push venues in a world that has not started yet. */
export function planManipulations(world: World, manipulations: readonly Manipulation[]): void {
  const stepAt = (timeUs: number): void => {
    world.at(timeUs, () => {
      for (const each of manipulations) each.step(timeUs)
      stepAt(timeUs + PRICE_STEP_US)
    })
  }
  // A world without them has not one event more.
  if (manipulations.length > 0) stepAt(0)
}

/** Tells attackers on venues what the world shows them: rounds and honest members' certificates. */
export function showManipulations(
  manipulations: readonly Manipulation[],
  { fact, honest }: { readonly fact: Fact; readonly honest: Members },
): void {
  if (fact.type === 'roundOpened') {
    for (const each of manipulations) each.roundOpened(fact.round, fact.nowUs)
  }
  if (fact.type !== 'certified' || !hasMember(honest, fact.member)) return
  const { round } = fact.certificate
  const value = firstValueIn(fact.certificate)
  if (value === null) return
  for (const each of manipulations) each.certified(round, Number(value))
}

function optionsOf(
  planned: Planned,
  { prices, roundMs }: { readonly prices: Prices; readonly roundMs: number },
): ManipulationOptions {
  const { moveBps = 0, targetUsd } = planned
  return {
    fromUs: planned.fromMs * US_PER_MS,
    toUs: planned.toMs * US_PER_MS,
    target:
      targetUsd === undefined
        ? { move: moveBps / 10_000 }
        : { price: targetUsd * 10 ** FEED_DECIMALS },
    how: planned.how,
    budgetUsd: planned.budgetUsd,
    budgetUsdPerRound: planned.budgetUsdPerRound ?? Number.POSITIVE_INFINITY,
    roundUs: roundMs * US_PER_MS,
    markets: pushableMarkets(prices, planned),
  }
}

/** The markets that a manipulation may push: those that it names, and that have a depth. */
export function pushableMarkets(prices: Prices, planned: Planned): readonly PushableMarket[] {
  const coin = prices.conversions.find(({ market }) => market === planned.market)
  const shown: readonly Shown[] =
    planned.market === undefined ? prices.venues : (coin?.venues ?? [])
  const volumes = shown.map(({ volume }) => BigInt(volume))
  const weights = shown.length === 0 ? [] : cappedWeights(volumes, prices.weightBpsMax)
  return shown.flatMap((venue, at): PushableMarket[] => {
    const { name, depth } = venue
    if (depth === undefined || planned.venues?.includes(name) === false) return []
    const market = planned.market ?? marketOf(feedName(0), venue.quote ?? 'USD')
    const book = {
      depthUsdPerPercent: depth.usdPerPercent * prices.depthTimes,
      feeBps: depth.feeBps,
      refillPerSecond: depth.refillPerSecond,
    }
    const key = quoteKey(name, market)
    return [{ key, venue: name, market, book, weight: Number(weights[at]) }]
  })
}
