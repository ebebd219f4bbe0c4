import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OptionChain, OptionQuote } from '../../aggregator/aggregation/option-chain.ts'
import { volatilityIndex } from '../../aggregator/aggregation/volatility-index.ts'
import { VOLATILITY_MAX, VOLATILITY_MIN } from '../../aggregator/derivatives/black-scholes.ts'
import {
  CHAIN_MS,
  chainRules,
  DAY_MS,
  evenStrikes,
  FORWARD,
  modelChain,
} from '../support/option-chains.ts'
import { runs } from '../support/property.ts'

const STEP_BPS = 100

/** Two expiries around thirty days at one volatility: strikes reach four deviations at least. */
const constant = fc.record({
  volatilityBps: fc.integer({ min: 3_000, max: 12_000 }),
  before: fc.integer({ min: 8, max: 30 }),
  after: fc.integer({ min: 31, max: 60 }),
  unit: fc.constantFrom('coin' as const, 'currency' as const),
})

/** Anything that the types allow, in the neighbourhood of the money and far from it. */
const amount = fc.oneof(
  fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
  fc.bigInt({ min: 0n, max: 2n * FORWARD }),
  fc.constantFrom(0n, 1n, FORWARD),
)
const hostileQuote: fc.Arbitrary<OptionQuote> = fc.record({
  expiryMs: fc.oneof(
    fc.integer({ min: CHAIN_MS - DAY_MS, max: CHAIN_MS + 150 * DAY_MS }),
    fc.constantFrom(CHAIN_MS + 20 * DAY_MS, CHAIN_MS + 40 * DAY_MS, Number.MAX_SAFE_INTEGER),
  ),
  strike: amount,
  side: fc.constantFrom('call' as const, 'put' as const),
  bid: fc.option(amount),
  ask: fc.option(amount),
  forward: fc.option(amount),
  venueMs: fc.option(fc.integer({ min: 0, max: 2 * CHAIN_MS })),
})

function chainOf({
  volatilityBps,
  before,
  after,
  unit,
}: typeof constant extends fc.Arbitrary<infer T> ? T : never) {
  const strikesBps = evenStrikes(STEP_BPS, 80_000, STEP_BPS)
  const expiries = [before, after].map((days) => ({ days, volatilityBps, strikesBps }))
  return modelChain(expiries, { unit })
}

const asked = { tenorMs: 30 * DAY_MS, nowMs: CHAIN_MS }

describe('the volatility index', () => {
  test('of a chain at one volatility is that volatility, within h²/12 and a thousandth', () => {
    fc.assert(
      fc.property(constant, (drawn) => {
        const index = volatilityIndex(chainOf(drawn), { ...asked, rules: chainRules() })
        if (index.type === 'refused') throw new Error(index.code)
        const volatility = drawn.volatilityBps / 10_000
        const step = STEP_BPS / 10_000 / (volatility * Math.sqrt(drawn.before / 365))
        const excess = Number(index.volatility) / 1e18 / volatility - 1
        expect(excess).toBeGreaterThan(-0.001)
        expect(excess).toBeLessThan((step * step) / 12 + 0.001)
      }),
      runs(25),
    )
  })

  test('of any chain at all is within the domain of options, or a code', () => {
    const hostile = fc.record({
      unit: fc.constantFrom('coin' as const, 'currency' as const),
      rate: fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
      options: fc.array(hostileQuote, { maxLength: 40 }),
      honest: fc.boolean(),
    })
    const base = chainOf({ volatilityBps: 6_000, before: 20, after: 40, unit: 'currency' })
    let known = 0
    fc.assert(
      fc.property(hostile, ({ honest, ...drawn }) => {
        const options = honest ? [...drawn.options, ...base.options] : drawn.options
        const chain: OptionChain = { ...drawn, options }
        const index = volatilityIndex(chain, { ...asked, rules: chainRules() })
        if (index.type === 'refused') return
        known += 1
        expect(index.volatility >= VOLATILITY_MIN && index.volatility <= VOLATILITY_MAX).toBe(true)
      }),
      runs(200),
    )
    expect(known).toBeGreaterThan(0)
  })

  test('moves by no more than its share when one quote is anything', () => {
    const base = chainOf({ volatilityBps: 6_000, before: 20, after: 40, unit: 'currency' })
    const rules = chainRules()
    fc.assert(
      fc.property(fc.nat({ max: base.options.length - 1 }), amount, amount, (at, bid, ask) => {
        const options = base.options.with(at, { ...(base.options[at] as OptionQuote), bid, ask })
        const index = volatilityIndex({ ...base, options }, { ...asked, rules })
        if (index.type === 'refused') return
        // A strike may hold four tenths of a sum: then the rest is six tenths of it, and the
        // volatility at most the root of 10/6 as high; without it no lower than without one strike.
        expect(Number(index.volatility) / 6e17).toBeLessThan(Math.sqrt(10 / 6) + 0.01)
        expect(Number(index.volatility) / 6e17).toBeGreaterThan(0.9)
      }),
      runs(60),
    )
  })
})
