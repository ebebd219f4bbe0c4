import { describe, expect, test } from 'vitest'
import { venuesCostUsd } from '../../simulations/economics/attack-cost.ts'
import { simulated } from './scenarios.ts'

const DEPTHS = [12_000_000, 7_000_000, 6_000_000, 2_500_000, 1_500_000]
const BOOK = { feeBps: 5, refillPerSecond: 0.2 }
const VENUES = ['harbour', 'meadow', 'summit', 'delta', 'island'].map((name, at) => ({
  name,
  lagMs: 100,
  volume: 30_000 - 6_000 * at,
  depth: { usdPerPercent: DEPTHS[at], ...BOOK },
}))
const WINDOW = { fromMs: 10_000, toMs: 20_000 }
const AMPLE = 1_000_000_000

type Manipulation = Readonly<Record<string, unknown>>

function scenarioOf(manipulation: Manipulation, more: Readonly<Record<string, unknown>> = {}) {
  const { prices, ...others } = more as { readonly prices?: object }
  const manipulations = [{ ...WINDOW, budgetUsd: AMPLE, ...manipulation }]
  return { rounds: 60, ...others, prices: { venues: VENUES, manipulations, ...prices } }
}

function attack(manipulation: Manipulation, more: Readonly<Record<string, unknown>> = {}) {
  const { manipulation: figures, errorBps, violations } = simulated(scenarioOf(manipulation, more))
  if (figures === undefined) throw new Error('somebody pushes venues here')
  // Members tell what they see: no rule breaks, however false that is.
  expect(violations).toEqual([])
  const pushed = figures.venues.filter(({ rounds }) => rounds > 0).map(({ venue }) => venue)
  return { ...figures, pushed, maxBps: errorBps.maxBps ?? 0 }
}

describe('somebody pushes venues (simulator, Attacks on venues)', () => {
  test('the cheapest majority carries the certified value, up and down', () => {
    for (const moveBps of [150, -150]) {
      const { pushed, movedBps, maxBps, quarantinedRounds } = attack({ moveBps })
      expect(pushed).toEqual(['summit', 'delta', 'island'])
      expect(movedBps.meanBps).toBeGreaterThan(120)
      expect(maxBps).toBeGreaterThan(145)
      expect(maxBps).toBeLessThan(160)
      expect(quarantinedRounds).toBe(0)
    }
  })

  test('it costs what the economics of an attack say, push and hold', () => {
    const { spentUsd, pushUsd, holdUsd, feeUsd, venues } = attack({ moveBps: 150 })
    const books = DEPTHS.map((depthUsdPerPercent, at) => {
      return { name: `v${at}`, depthUsdPerPercent, ...BOOK }
    })
    // The first of a hundred steps moves the price, the others hold it.
    const saidUsd = venuesCostUsd({ venues: books, holdSeconds: 9.9 }, 150)
    expect(spentUsd).toBeCloseTo(saidUsd, 2)
    expect(pushUsd + holdUsd + feeUsd).toBeCloseTo(spentUsd, 6)
    expect(venues.reduce((sum, each) => sum + each.spentUsd, 0)).toBeCloseTo(spentUsd, 6)
  })

  test('a smaller budget goes as far as it lasts, to the end of its time', () => {
    const { spentUsd, movedBps, venues } = attack({ moveBps: 150, budgetUsd: 50_000 })
    expect(spentUsd).toBeLessThanOrEqual(50_000)
    expect(spentUsd).toBeGreaterThan(49_000)
    expect(movedBps.meanBps).toBeGreaterThan(20)
    expect(movedBps.maxBps).toBeLessThan(60)
    expect(Math.max(...venues.map(({ furthestBps }) => furthestBps))).toBeLessThan(60)
    expect(attack({ moveBps: 150, budgetUsd: 0 })).toMatchObject({ spentUsd: 0, pushed: [] })
  })

  test('deeper venues cost as many times more', () => {
    const once = attack({ moveBps: 150 }).spentUsd
    expect(attack({ moveBps: 150 }, { prices: { depthTimes: 2 } }).spentUsd).toBeCloseTo(
      2 * once,
      4,
    )
  })

  test('a budget of each round is kept in each', () => {
    const { spentUsd, timeline } = attack({ moveBps: 150, budgetUsdPerRound: 2_000 })
    const steps = timeline.map(
      ({ spentUsd: until }, at) => until - (timeline[at - 1]?.spentUsd ?? 0),
    )
    expect(Math.max(...steps)).toBeLessThanOrEqual(2_000 + 1e-6)
    expect(spentUsd).toBeGreaterThan(30_000)
  })

  test('two beyond the band are left out, and paying for them moves nothing', () => {
    const two = { venues: ['harbour', 'meadow'], moveBps: 500 }
    const fixed = attack({ ...two, how: 'fixed' })
    expect(fixed.quarantinedRounds).toBeGreaterThanOrEqual(fixed.rounds - 1)
    expect(fixed.maxBps).toBeLessThan(10)
    expect(fixed.hasGivenUp).toBe(false)
    expect(fixed.spentUsd).toBeGreaterThan(1_000_000)
    // Who knows the rules of members sees that, and keeps the money.
    expect(attack(two)).toMatchObject({ spentUsd: 0, rounds: 0, pushed: [] })
  })

  test('where two hold most of the weight it stays inside the band with them', () => {
    const { pushed, movedBps, quarantinedRounds } = attack(
      { venues: ['harbour', 'meadow'], moveBps: 500 },
      { prices: { weightBpsMax: 4_500 } },
    )
    expect(pushed).toEqual(['harbour', 'meadow'])
    expect(quarantinedRounds).toBe(0)
    // A quarter of what it wanted: half of it would be beyond the band.
    expect(movedBps.maxBps).toBeGreaterThan(110)
    expect(movedBps.maxBps).toBeLessThan(140)
  })

  test('beyond the band heads count, and within it the weight, also where the money ends', () => {
    const prices = { weightBpsMax: 4_999 }
    const beyond = attack({ moveBps: 210 }, { prices })
    expect(beyond.pushed).toEqual(['summit', 'delta', 'island'])
    const within = attack({ moveBps: 190 }, { prices })
    expect(within.pushed).toContain('meadow')
    // The shorter way is the dearer one.
    expect(within.spentUsd).toBeGreaterThan(1.15 * beyond.spentUsd)
    const poor = attack({ moveBps: 210, budgetUsd: 100_000 }, { prices })
    expect(poor.pushed).toContain('meadow')
    expect(poor.movedBps.meanBps).toBeGreaterThan(25)
    // Three that agree are not enough where four must.
    expect(attack({ moveBps: 210 }, { prices: { ...prices, sourcesMin: 4 } }).pushed).toHaveLength(
      4,
    )
  })

  test('where more must agree, pushing some out of the band takes the value away instead', () => {
    const prices = { sourcesMin: 4 }
    const push = { how: 'fixed', venues: ['delta', 'island'], moveBps: 300 }
    const { unavailable, errorBps } = simulated(scenarioOf(push, { prices }))
    expect(unavailable.rounds).toBeGreaterThan(18)
    expect(unavailable.feeds[0]?.reasons).toEqual({ SOURCES_DISAGREE: unavailable.rounds })
    expect(errorBps.maxBps).toBeLessThan(10)
  })

  test('a target in dollars is where the certified value goes', () => {
    const { timeline } = simulated(scenarioOf({ targetUsd: 61_000 }))
    const during = timeline.filter(({ round }) => round > 24 && round < 40)
    for (const { valueHigh } of during) expect(valueHigh).toBeCloseTo(61_000, -2)
  })

  test('a committee that does not follow is paid for a while, with more venues, and no longer', () => {
    // The attacker’s own node reaches all; members see two of the three that it pushes no more.
    const unreachable = [{ members: [0, 1, 2, 3], venues: ['delta', 'island'] }]
    const some = { venues: ['summit', 'delta', 'island'], moveBps: 150 }
    const { hasGivenUp, rounds, maxBps } = attack(some, { prices: { unreachable } })
    expect(hasGivenUp).toBe(true)
    expect(rounds).toBeLessThan(10)
    expect(maxBps).toBeLessThan(10)
    const all = attack({ moveBps: 150 }, { prices: { unreachable } })
    expect(all.hasGivenUp).toBe(false)
    expect(all.pushed).toContain('meadow')
    expect(all.maxBps).toBeGreaterThan(100)
  })

  test('a coin’s market is a way to the feed until the guard of its peg', () => {
    const venues = VENUES.map((venue, at) => ({ ...venue, quote: at < 3 ? 'USDT' : 'USD' }))
    const quay = ['quay', 'lagoon', 'reef'].map((name) => {
      return { name, lagMs: 100, depth: { usdPerPercent: 400_000, ...BOOK } }
    })
    const by = (peg: object) => ({
      prices: {
        venues,
        conversions: [{ market: 'USDT/USD', venues: quay, ...peg }],
        sourcesMin: 2,
      },
    })
    const push = { market: 'USDT/USD', moveBps: 300 }
    const open = attack(push, by({}))
    expect(open.movedBps.maxBps).toBeGreaterThan(270)
    const cheapUsd = attack({ moveBps: 300 }, by({})).spentUsd / 5
    expect(open.spentUsd).toBeLessThan(cheapUsd)
    const guarded = attack(push, by({ peg: { bpsMax: 100 } }))
    expect(guarded.maxBps).toBeLessThan(100)
  })

  test('is a function of scenario and seed, with ideal signatures and real ones', () => {
    const soon = { fromMs: 3_000, toMs: 6_000, moveBps: 150, budgetUsd: 20_000 }
    const scenario = { ...scenarioOf(soon), rounds: 12 }
    const first = simulated(scenario)
    expect(simulated(scenario)).toEqual(first)
    const real = simulated({ ...scenario, signatures: 'real' })
    expect(real.traceHash).toBe(first.traceHash)
    expect(real.manipulation).toEqual(first.manipulation)
  })

  test('begins late, when a venue has stood still for longer than true prices are kept', () => {
    const stale = { fromMs: 10_000, toMs: 1_000_000, type: 'stale' }
    const venues = VENUES.map((venue, at) => (at === 0 ? { ...venue, incidents: [stale] } : venue))
    const late = { fromMs: 300_000, toMs: 302_000, moveBps: 150 }
    const prices = { venues }
    const { pushed, maxBps } = attack(late, {
      rounds: 320,
      committee: { members: 4, timing: 'worldwide' },
      prices,
    })
    expect(pushed).not.toContain('harbour')
    expect(maxBps).toBeGreaterThan(100)
  })

  test('venues that nobody pushes say what they always said', () => {
    // As it was before there were attacks on them, but for the events `answered` (protocol §4.6).
    const incident = { fromMs: 20_000, toMs: 30_000, type: 'scaled', ppm: 1_200_000 }
    const venues = VENUES.map(({ name, lagMs, volume }, at) => {
      return { name, lagMs, volume, incidents: at === 0 ? [incident] : [] }
    })
    const { traceHash, events } = simulated({ rounds: 100, prices: { venues } })
    expect(traceHash).toBe('39387be4ccdc7faa4f90a18e4a11b74a')
    expect(events).toBe(3_942)
    const deep = simulated({
      rounds: 100,
      prices: { venues: venues.map((venue, at) => ({ ...venue, depth: VENUES[at]?.depth })) },
    })
    expect(deep.traceHash).toBe(traceHash)
  })
})

const LONG = { side: 'long', notionalUsd: 20_000_000, marginBps: 2_000, holder: 'attacker' }
const SHORTS = {
  side: 'short',
  notionalUsd: 1_000_000,
  count: 20,
  marginBps: 80,
  marginBpsMax: 1_030,
}

function booked(book: object, more: Readonly<Record<string, unknown>> = {}) {
  const manipulation = { moveBps: 150 }
  const { book: figures, manipulation: spent } = simulated(
    scenarioOf(manipulation, { book, ...more }),
  )
  if (figures === undefined) throw new Error('there is a book here')
  return { ...figures, spentUsd: spent?.spentUsd ?? 0 }
}

describe('a consumer’s book beside the same at true prices', () => {
  const taking = { ...LONG, feeBps: 2, openMs: 5_000, closeMs: 18_000 }

  test('what the attacker takes the market loses, and what it spends is taken off', () => {
    const { takenUsd, lossUsd, attacker, spentUsd } = booked({ perpetuals: [taking] })
    // 1.5 % of twenty million.
    expect(takenUsd.attacker).toBeGreaterThan(290_000)
    expect(takenUsd.attacker).toBeLessThan(310_000)
    expect(takenUsd.trader).toBe(0)
    expect(lossUsd).toBeCloseTo(takenUsd.attacker, 6)
    expect(attacker.venuesUsd).toBe(spentUsd)
    expect(attacker.feesUsd).toBeCloseTo(8_000, 6)
    expect(attacker.netUsd + attacker.venuesUsd + attacker.feesUsd).toBeCloseTo(lossUsd, 6)
  })

  test('margins below the push are closed wrongly, and their holders pay for it', () => {
    const { liquidations, takenUsd } = booked({
      perpetuals: [{ ...SHORTS, feeBps: 0 }],
      maintenanceBps: 50,
      penaltyTo: 'attacker',
    })
    // Margins of 80, 130, 180 basis points and so on: 150 and 50 of maintenance close three.
    expect(liquidations).toMatchObject({ made: 3, wrong: 3, due: 0, missed: 0 })
    expect(liquidations.wrongUsd).toBe(3_000_000)
    // A penalty of 50 basis points of what the margin still has.
    expect(takenUsd.attacker).toBeGreaterThan(0)
    expect(takenUsd.trader).toBeLessThan(-takenUsd.attacker)
    expect(takenUsd.attacker + takenUsd.trader + takenUsd.market).toBeCloseTo(0, 4)
  })

  test('bribes of colluding members are taken off as well', () => {
    const bribe = { bondUsd: 100_000, slashedShare: 0.5, incomeLostUsd: 10_000, premiumShare: 0.5 }
    const { book } = simulated({
      rounds: 40,
      adversaries: [{ strategy: 'collude', members: [2, 3] }],
      stopAtViolation: false,
      book: { perpetuals: [{ ...LONG, feeBps: 0 }], bribe },
    })
    expect(book?.attacker.bribesUsd).toBe(2 * 60_000 * 1.5)
    expect(book?.attacker.venuesUsd).toBe(0)
    expect(book?.attacker.netUsd).toBe((book?.attacker.takenUsd ?? 0) - 180_000)
  })

  test('an honest feed costs next to nothing and liquidates who is due', () => {
    const { book } = simulated({
      rounds: 120,
      prices: { venues: VENUES, volatilityPpm: 2_000 },
      book: {
        perpetuals: [
          { ...SHORTS, count: 10, feeBps: 0 },
          { ...SHORTS, count: 10, feeBps: 0, side: 'long' },
        ],
      },
    })
    expect(book?.liquidations.due).toBeGreaterThan(2)
    expect(book?.liquidations.made).toBe(book?.liquidations.due)
    expect(book?.liquidations.missed).toBe(0)
    // Twenty millions of notional, in a market that moves 20 basis points a second.
    expect(Math.abs(book?.takenUsd.market ?? Number.NaN)).toBeLessThan(20_000)
  })

  test('a feed without a value marks nothing, and misses what is due', () => {
    const dead = { fromMs: 3_000, toMs: 1_000_000, type: 'dead' }
    const venues = VENUES.map((venue) => ({ ...venue, incidents: [dead] }))
    const { book } = simulated({
      rounds: 120,
      prices: { venues, volatilityPpm: 4_000 },
      book: {
        perpetuals: [
          { ...SHORTS, feeBps: 0 },
          { ...SHORTS, feeBps: 0, side: 'long' },
        ],
      },
    })
    expect(book?.unmarkedRounds).toBeGreaterThan(90)
    const { made = 0, due = 0, missed = 0 } = book?.liquidations ?? {}
    expect(missed).toBe(due - made)
    expect(missed).toBeGreaterThan(2 * made)
  })

  test('fees of positions that a feed never opens are nobody’s gain', () => {
    const dead = { fromMs: 0, toMs: 1_000_000, type: 'dead' }
    const venues = VENUES.map((venue) => ({ ...venue, incidents: [dead] }))
    const { book } = simulated({
      rounds: 60,
      prices: { venues, volatilityPpm: 0 },
      book: { perpetuals: [taking] },
    })
    expect(book?.takenUsd.attacker).toBeCloseTo(8_000, 6)
    expect(book?.attacker.netUsd).toBeCloseTo(0, 6)
  })

  test('with a chain the mark is what the chain holds', () => {
    // Nothing is due in so short a time but the first value: the chain never hears of the push.
    const chain = { heartbeatMs: 600_000, deviationBps: 1_000 }
    const { markedBy, attacker } = booked({ perpetuals: [taking] }, { chain })
    expect(markedBy).toBe('chain')
    expect(Math.abs(attacker.takenUsd)).toBeLessThan(50_000)
    const certified = booked({ perpetuals: [taking], markedBy: 'certified' }, { chain })
    expect(certified.attacker.takenUsd).toBeGreaterThan(290_000)
  })
})
