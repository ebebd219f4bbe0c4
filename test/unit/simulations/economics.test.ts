import { describe, expect, test } from 'vitest'
import { membersCostUsd, venuesCostUsd } from '../../../simulations/economics/attack-cost.ts'
import { type Book, profitUsd } from '../../../simulations/economics/book.ts'
import { breakEven } from '../../../simulations/economics/break-even.ts'
import { loadEconomy } from '../../../simulations/input/economy-file.ts'

const FILE = new URL('../../../simulations/economics/worked-book.yaml', import.meta.url).pathname
const book = (more: Partial<Book> = {}): Book => ({
  spotUsd: 100,
  payoutUsdMax: 1_000_000,
  moveBpsMax: null,
  perpetual: { notionalUsd: 10_000, feeBps: 0 },
  options: [],
  ...more,
})
const up = (moveBps: number) => ({ direction: 'up' as const, moveBps })

describe('what a false price takes', () => {
  test('a perpetual pays its notional times the move, less the fees of two trades', () => {
    expect(profitUsd(book(), up(100))).toBeCloseTo(100, 9)
    const dear = book({ perpetual: { notionalUsd: 10_000, feeBps: 10 } })
    expect(profitUsd(dear, up(100))).toBeCloseTo(80, 9)
    expect(profitUsd(dear, up(10))).toBe(0)
  })

  test('an option at its expiry pays what the false price says, less what it cost', () => {
    const call = {
      type: 'call' as const,
      strikeUsd: 100,
      contracts: 10,
      volatility: 0.5,
      seconds: 0,
      heldSeconds: 86_400,
      feeBps: 0,
    }
    const only = book({ perpetual: { notionalUsd: 0, feeBps: 0 }, options: [call] })
    // At the money for a day: 100 · 0.5 · √(1/365) / √2π = 1.044 each.
    expect(profitUsd(only, up(500))).toBeCloseTo(10 * (5 - 1.044), 1)
    expect(profitUsd(only, { direction: 'down', moveBps: 500 })).toBe(0)
  })

  test('the market caps what it pays, and refuses a jump beyond its bound', () => {
    expect(profitUsd(book({ payoutUsdMax: 30 }), up(100))).toBe(30)
    expect(profitUsd(book({ moveBpsMax: 50 }), up(51))).toBe(0)
    expect(profitUsd(book({ moveBpsMax: 50 }), up(50))).toBeCloseTo(50, 9)
  })
})

describe('what an attack costs', () => {
  test('f + 1 members want their losses and a premium', () => {
    const corruption = { f: 2, bondUsd: 100, slashedShare: 0.5, incomeLostUsd: 10 }
    expect(membersCostUsd({ ...corruption, premiumShare: 0.5 })).toBe(3 * 60 * 1.5)
  })

  test('more than half of the venues are pushed, the cheapest', () => {
    const venue = (name: string, depthUsdPerPercent: number) => ({
      name,
      depthUsdPerPercent,
      feeBps: 0,
      refillPerSecond: 0.5,
    })
    const venues = [venue('a', 9_000), venue('b', 1_000), venue('c', 2_000)]
    // One percent of b and c: 3,000 bought at half a percent, then 2 s · 0.5 of it at one percent.
    expect(venuesCostUsd({ venues, holdSeconds: 2 }, 100)).toBeCloseTo(15 + 30, 9)
  })
})

describe('the break-even', () => {
  const economy = loadEconomy(FILE)
  const netAt = (bondUsd: number, depthTimes: number, f = economy.corruption.f) => {
    const surface = { f: [f], bondUsd: [bondUsd], depthTimes: [depthTimes] }
    return breakEven({ ...economy, surface }).surface[0]?.netUsd ?? Number.NaN
  }

  test('no attack pays from both bounds on, and one does just below either', () => {
    const { bondUsd, depthTimes } = breakEven(economy)
    if (bondUsd === null) throw new Error('bonds count here')
    expect(netAt(1.001 * bondUsd, 1.001 * depthTimes)).toBeLessThan(0)
    expect(netAt(0.999 * bondUsd, 1_000)).toBeGreaterThan(0)
    expect(netAt(1_000_000_000, 0.999 * depthTimes)).toBeGreaterThan(0)
  })

  test('a larger f, bond or depth never makes an attack better', () => {
    const { surface } = breakEven(economy)
    for (const a of surface) {
      for (const b of surface) {
        const isHarder = b.f >= a.f && b.bondUsd >= a.bondUsd && b.depthTimes >= a.depthTimes
        if (isHarder) expect(b.netUsd).toBeLessThanOrEqual(a.netUsd)
      }
    }
  })

  test('where a lie is never slashed no bond is enough', () => {
    const corruption = { ...economy.corruption, slashedShare: 0 }
    expect(breakEven({ ...economy, corruption }).bondUsd).toBe(null)
  })
})
