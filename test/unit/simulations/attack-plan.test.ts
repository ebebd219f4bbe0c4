import { describe, expect, test } from 'vitest'
import { checkScenario } from '../../../simulations/scenario/load.ts'
import { manipulationsOf } from '../../../simulations/scenario/manipulation.ts'
import { paramsOf } from '../../../simulations/scenario/params.ts'
import { standOptionsOf } from '../../../simulations/scenario/world.ts'
import { cheapestMarkets } from '../../../simulations/world/attack-plan.ts'
import type { PushedMarket } from '../../../simulations/world/pushed-market.ts'
import { createShadowNode } from '../../../simulations/world/shadow-node.ts'

const VENUES = [
  ['harbour', 30_000, 12_000_000],
  ['meadow', 20_000, 7_000_000],
  ['summit', 15_000, 6_000_000],
  ['delta', 10_000, 2_500_000],
  ['island', 5_000, 1_500_000],
  ['creek', 2_000, 1_000_000],
  ['brook', 2_000, 1_000_000],
] as const
const SECONDS = 10
const NOW_US = 10_000_000

/** The markets that an attacker picks, and the cheapest of all sets that carry the value. */
function plannedAndBest(of: { readonly moveBps: number; readonly prices: object }) {
  const scenario = checkScenario({
    name: 'search',
    rounds: 60,
    committee: { members: 4 },
    prices: {
      venues: VENUES.map(([name, volume, usdPerPercent]) => ({
        name,
        volume,
        depth: { usdPerPercent },
      })),
      manipulations: [{ fromMs: 0, toMs: 20_000, moveBps: of.moveBps, budgetUsd: 1 }],
      ...of.prices,
    },
  })
  const made = { seed: 1, feeds: paramsOf(scenario, 1).feeds, recording: null }
  const { manipulations, pushed } = manipulationsOf(scenario, made)
  const markets = manipulations.flatMap((each) => each.markets)
  const shadow = createShadowNode(standOptionsOf(scenario, made, pushed))
  const level = of.moveBps / 10_000
  const honest = shadow.imagine(new Map(), NOW_US) ?? Number.NaN
  const reaches = (some: readonly PushedMarket[]) => {
    const value = shadow.imagine(new Map(some.map((each) => [each.of.key, level])), NOW_US)
    return value !== null && (value / honest - 1) / level >= 0.9
  }
  const costOf = (some: readonly PushedMarket[]) =>
    some.reduce((sum, market) => sum + market.costOf(level, SECONDS), 0)
  const sets = Array.from({ length: 2 ** markets.length - 1 }, (_, mask) =>
    markets.filter((_, at) => ((mask + 1) >> at) % 2 === 1),
  )
  const best = Math.min(...sets.map((set) => (reaches(set) ? costOf(set) : Infinity)))
  const wanted = { seconds: SECONDS, more: 0, reaches }
  const planned = cheapestMarkets({ markets, level }, wanted) ?? []
  expect(reaches(planned)).toBe(true)
  return costOf(planned) / best
}

describe('the markets that an attacker picks', () => {
  test.each([150, -150, 190, 210, -300])(
    'for %d bps cost at most a twentieth more than the cheapest',
    (moveBps) => {
      for (const weightBpsMax of [2_499, 4_999]) {
        for (const sourcesMin of [3, 5]) {
          const ratio = plannedAndBest({ moveBps, prices: { weightBpsMax, sourcesMin } })
          expect(ratio).toBeGreaterThan(0.999_999)
          expect(ratio).toBeLessThan(1.05)
        }
      }
    },
  )
})
