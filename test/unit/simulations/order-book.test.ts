import { describe, expect, test } from 'vitest'
import { venuesCostUsd } from '../../../simulations/economics/attack-cost.ts'
import {
  costUsd,
  holdTrade,
  pushTrade,
  reachOf,
  revertedOf,
} from '../../../simulations/economics/order-book.ts'
import { affordableLevel, cheapestMarkets } from '../../../simulations/world/attack-plan.ts'
import { PushedMarket } from '../../../simulations/world/pushed-market.ts'

const book = { depthUsdPerPercent: 1_000_000, feeBps: 5, refillPerSecond: 0.5 }
const marketOf = (name: string, more: Partial<typeof book> = {}, weight = 1) =>
  new PushedMarket({
    key: name,
    venue: name,
    market: 'A/USD',
    book: { ...book, ...more },
    weight,
  })
const ALL = { usd: Number.POSITIVE_INFINITY, level: 0.02 }
const spentOf = ({ trades }: PushedMarket) => costUsd(trades.push) + costUsd(trades.hold)

describe('an order book that is pushed', () => {
  test('two pushes cost what one costs, and a hold in steps what it costs at once', () => {
    const halves = costUsd(pushTrade(book, 0, 0.01)) + costUsd(pushTrade(book, 0.01, 0.02))
    expect(halves).toBeCloseTo(costUsd(pushTrade(book, 0, 0.02)), 6)
    // One percent: a million bought at half a percent, with five basis points both ways.
    expect(costUsd(pushTrade(book, 0, 0.01))).toBeCloseTo(5_000 + 1_000, 6)
    expect(costUsd(holdTrade(book, 0.01, 2))).toBeCloseTo(10_000 + 1_000, 6)
    expect(costUsd(pushTrade(book, 0, -0.01))).toBeCloseTo(6_000, 6)
    const steps = Array.from({ length: 20 }, () => costUsd(holdTrade(book, 0.01, 0.1)))
    expect(steps.reduce((sum, each) => sum + each, 0)).toBeCloseTo(11_000, 6)
  })

  test('money reaches as far as a push costs, up and down', () => {
    for (const to of [0.02, -0.02]) {
      const from = to / 4
      const reached = reachOf(book, { from, to, usd: 5_000 })
      expect(Math.abs(reached)).toBeLessThan(Math.abs(to))
      expect(costUsd(pushTrade(book, from, reached))).toBeCloseTo(5_000, 6)
    }
    expect(reachOf(book, { from: 0, to: 0.02, usd: 1_000_000 })).toBe(0.02)
  })

  test('in the world it costs what the economics of an attack say', () => {
    const market = marketOf('a')
    for (let step = 0; step <= 100; step++) market.step(step, ALL)
    const venues = [{ name: 'a', ...book }]
    expect(spentOf(market)).toBeCloseTo(venuesCostUsd({ venues, holdSeconds: 10 }, 200), 3)
  })

  test('let go it comes back by itself; held by half the money it comes back by half', () => {
    expect(revertedOf(book, { at: 0.02, seconds: 0.1, held: 0 })).toBeCloseTo(0.019, 9)
    expect(revertedOf(book, { at: 0.02, seconds: 0.1, held: 0.5 })).toBeCloseTo(0.0195, 9)
    const market = marketOf('a')
    market.step(0, ALL)
    const spentUsd = spentOf(market)
    for (let step = 1; step <= 10; step++) market.step(step, { ...ALL, level: null as never })
    expect(market.at).toBeCloseTo(0.02 * 0.95 ** 10, 9)
    expect(spentOf(market)).toBe(spentUsd)
  })

  test('never costs more than it may', () => {
    const market = marketOf('a')
    let leftUsd = 10_000
    for (let step = 0; step < 200; step++) {
      const spentUsd = market.step(step, { level: 0.02, usd: Math.min(leftUsd, 300) })
      expect(spentUsd).toBeLessThanOrEqual(300 + 1e-6)
      leftUsd -= spentUsd
    }
    expect(leftUsd).toBeGreaterThanOrEqual(-1e-6)
    expect(spentOf(market)).toBeCloseTo(10_000 - leftUsd, 6)
  })

  test('whoever turns to the other side of the true price begins there', () => {
    for (const level of [0.02, -0.02]) {
      const market = marketOf('a')
      market.step(0, { ...ALL, level })
      const saidUsd = market.costOf(-level, 10)
      expect(saidUsd).toBe(marketOf('fresh').costOf(-level, 10))
      const spentUsd = market.step(1, { ...ALL, level: -level })
      expect(market.at).toBe(-level)
      expect(spentUsd).toBeCloseTo(costUsd(pushTrade(book, 0, -level)), 6)
    }
  })

  test('what is traded in a step shows from the next one on', () => {
    const market = marketOf('a')
    market.step(7, ALL)
    expect([market.moveAt(700_000), market.moveAt(800_000), market.moveAt(-1)]).toEqual([
      0, 0.02, 0,
    ])
    market.step(8, { ...ALL, level: 0.03 })
    expect([market.moveAt(899_999), market.moveAt(900_000)]).toEqual([0.02, 0.03])
  })
})

describe('a plan of an attack', () => {
  const thin = marketOf('thin', { depthUsdPerPercent: 100_000 })
  const deep = marketOf('deep')
  const heavy = marketOf('heavy', {}, 4)
  const means = { seconds: 10, roundUsd: Number.POSITIVE_INFINITY, roundSeconds: 0.5 }

  test('goes as far as the money carries it to the end', () => {
    const whole = { markets: [thin, deep], level: 0.02 }
    expect(affordableLevel(whole, { ...means, usd: 1_000_000_000 })).toBe(0.02)
    const level = affordableLevel(whole, { ...means, usd: 20_000 })
    const cost = [thin, deep].reduce((sum, market) => sum + market.costOf(level, 10), 0)
    expect(cost).toBeCloseTo(20_000, 3)
    expect(affordableLevel({ ...whole, level: -0.02 }, { ...means, usd: 20_000 })).toBe(-level)
    expect(affordableLevel(whole, { ...means, usd: 1e9, roundUsd: 100 })).toBeLessThan(level)
  })

  test('takes those that cost least for their weight, and none that is not needed', () => {
    const weightOf = (markets: readonly PushedMarket[]) =>
      markets.reduce((sum, market) => sum + market.of.weight, 0)
    const chosen = (needed: number, more = 0) =>
      cheapestMarkets(
        { markets: [deep, heavy, thin], level: 0.02 },
        { seconds: 10, more, reaches: (markets) => weightOf(markets) >= needed },
      )
    expect(chosen(1)).toEqual([thin])
    // Thin and heavy come first; heavy alone is enough.
    expect(chosen(5)).toEqual([thin, heavy])
    expect(chosen(4)).toEqual([heavy])
    expect(chosen(4, 1)).toEqual([heavy, thin])
    expect(chosen(7)).toBeNull()
  })

  test('counts heads where weight does not count', () => {
    const dear = marketOf('dear', { depthUsdPerPercent: 1_500_000 }, 4)
    const chosen = cheapestMarkets(
      { markets: [dear, deep, thin], level: 0.02 },
      { seconds: 10, more: 0, reaches: (markets) => markets.length >= 2 },
    )
    expect(chosen).toEqual([thin, deep])
  })
})
