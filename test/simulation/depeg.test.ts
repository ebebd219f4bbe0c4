import { describe, expect, test } from 'vitest'
import { textSummary } from '../../simulations/report/summary.ts'
import { measured, simulated } from './scenarios.ts'

const ROUND_MS = 500
const FROM_MS = 10_000
const TO_MS = 40_000
/** A poll, the lags of venues, and a round: what was seen while it fell is gone by then. */
const SETTLED_MS = 2_000

const USD = ['alder', 'birch', 'cedar'].map((name) => ({ name, lagMs: 100 }))
const USDT = ['fjord', 'grove', 'heath', 'inlet'].map((name) => ({
  name,
  lagMs: 100,
  quote: 'USDT',
}))
const COIN_VENUES = ['quay', 'lagoon', 'reef'].map((name) => ({ name, lagMs: 150 }))
const DEPEG = { fromMs: FROM_MS, depthBps: 1_200, rampMs: 5_000, toMs: TO_MS, recoveryMs: 5_000 }

/** Four of seven venues quote in the coin: whoever is wrong about it is wrong about the price. */
function course(
  conversion: Readonly<Record<string, unknown>>,
  venues: readonly Readonly<Record<string, unknown>>[] = [...USD, ...USDT],
) {
  const result = simulated({
    rounds: 100,
    prices: {
      venues,
      conversions: [{ market: 'USDT/USD', venues: COIN_VENUES, ...conversion }],
    },
  })
  expect(result.violations).toEqual([])
  const during = result.timeline.filter(({ round }) => {
    const nowMs = round * ROUND_MS
    return nowMs >= FROM_MS + DEPEG.rampMs + SETTLED_MS && nowMs < TO_MS
  })
  const offsBps = during.flatMap(({ errorBpsHigh }) => errorBpsHigh ?? [])
  return {
    maxBps: Math.max(...offsBps.map(Math.abs)),
    minBps: Math.min(...offsBps.map(Math.abs)),
    absent: 1 - offsBps.length / during.length,
  }
}

/** Two of the coin's three venues say that it has lost 8 %, and it has not. */
const FALSE_VENUES = COIN_VENUES.map((venue, at) => ({
  ...venue,
  incidents: at < 2 ? [{ fromMs: FROM_MS, toMs: TO_MS, type: 'scaled', ppm: 920_000 }] : [],
}))

describe('a coin that venues quote in loses its peg (simulator, Coins)', () => {
  test('taken for a dollar, it carries the price as far as it falls', () => {
    const { minBps, absent } = course({ use: 'par', depeg: DEPEG })
    // A dollar of 0.88: prices in it are 1 / 0.88 − 1 = 13.6 % higher.
    expect(minBps).toBeGreaterThan(1_300)
    expect(absent).toBe(0)
  })

  test('converted by its market, with or without a guard, it carries nothing', () => {
    expect(course({ depeg: DEPEG }).maxBps).toBeLessThan(10)
    const guarded = course({ depeg: DEPEG, peg: { bpsMax: 500 } })
    expect(guarded.maxBps).toBeLessThan(10)
    expect(guarded.absent).toBe(0)
  })

  test('when most of its market is false, only the guard keeps the price right', () => {
    const open = course({ venues: FALSE_VENUES })
    expect(open.minBps).toBeGreaterThan(700)
    const guarded = course({ venues: FALSE_VENUES, peg: { bpsMax: 500 } })
    expect(guarded.maxBps).toBeLessThan(10)
    expect(guarded.absent).toBe(0)
  })

  test('the guard costs the value where too few venues quote in dollars', () => {
    const few = [...USD.slice(1), ...USDT]
    expect(course({ depeg: DEPEG, peg: { bpsMax: 500 } }, few).absent).toBe(1)
    expect(course({ depeg: DEPEG }, few)).toMatchObject({ absent: 0 })
  })

  test.each(['ours', 'ocr2'])('%s says how many rounds the guard took the value of', (protocol) => {
    const result = measured({
      protocol,
      rounds: 100,
      prices: {
        venues: [...USD.slice(0, 2), ...USDT],
        conversions: [{ market: 'USDT/USD', venues: FALSE_VENUES, peg: { bpsMax: 500 } }],
      },
    })
    const { unavailable, rounds } = result
    const [feed] = unavailable.feeds
    expect(unavailable).toMatchObject({ rounds: feed?.rounds, feeds: [{ feed: 'FEED0/USD' }] })
    // For as long as its market is false, thirty of fifty seconds.
    expect(feed?.rounds).toBeGreaterThan(55)
    expect(feed?.rounds).toBeLessThan(65)
    expect(feed?.reasons).toEqual({ SOURCES_TOO_FEW: feed?.rounds })
    expect(feed?.venues).toEqual({ CONVERSION_DEPEGGED: feed?.rounds })
    const said = `FEED0/USD in ${feed?.rounds} of ${rounds.opened} rounds`
    expect(textSummary(result)).toContain(`  no value   ${said}`)
    expect(textSummary(result)).toContain('venues left out: CONVERSION_DEPEGGED in')
  })
})
