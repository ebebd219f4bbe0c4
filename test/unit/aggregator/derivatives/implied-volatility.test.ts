import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { priceOption, valueOption } from '../../../../aggregator/derivatives/black-scholes.ts'
import {
  impliedVolatility,
  type PricedOption,
} from '../../../../aggregator/derivatives/implied-volatility.ts'
import { WAD } from '../../../../aggregator/values/fixed-math.ts'

const RAY = 10n ** 27n

const quotes = fc.record({
  side: fc.constantFrom('call' as const, 'put' as const),
  // In 1/1000 of spot, so that both far sides are met.
  strikeShare: fc.bigInt(10n, 20_000n),
  volatility: fc.bigInt(WAD / 100n + 1n, 10n * WAD - 1n),
  timeSeconds: fc.bigInt(1n, 157_680_000n),
  rate: fc.bigInt(-WAD / 5n, WAD / 5n),
})

describe('impliedVolatility', () => {
  test('finds the volatility a price was made with, as well as the price tells it', () => {
    fc.assert(
      fc.property(quotes, ({ side, strikeShare, volatility, ...rest }) => {
        const terms = { spot: RAY, strike: (RAY * strikeShare) / 1_000n, volatility, ...rest }
        const valuation = valueOption(terms)
        // A price that volatility does not move to nine digits tells nothing about it.
        fc.pre(valuation.vega > RAY / 10n ** 9n)
        const found = impliedVolatility({ ...terms, side, price: valuation[side] })
        // The price is a floor and carries up to 1e-19 of the larger of spot and strike.
        const larger = terms.strike > RAY ? terms.strike : RAY
        const priceError = 2n + larger / (5n * 10n ** 18n)
        const allowed = 1n + (priceError * WAD) / valuation.vega
        const difference = found > volatility ? found - volatility : volatility - found
        expect(difference).toBeLessThanOrEqual(allowed)
      }),
      { numRuns: 2_000 },
    )
  })

  const month = { spot: RAY, strike: RAY, timeSeconds: 2_592_000n, rate: 0n }

  test('prices back to what it was asked for', () => {
    const option: PricedOption = { ...month, side: 'call', price: RAY / 17n }
    const volatility = impliedVolatility(option)
    const { call } = priceOption({ ...month, volatility })
    expect(call - option.price < RAY / 10n ** 17n && option.price - call < RAY / 10n ** 17n).toBe(
      true,
    )
  })

  test.each([
    ['a call dearer than its underlying', { side: 'call', price: RAY }],
    ['a call for nothing', { side: 'call', price: 0n }],
    ['a put dearer than its strike', { side: 'put', price: RAY }],
  ] as const)('refuses %s', (_case, asked) => {
    expect(() => impliedVolatility({ ...month, ...asked })).toThrow('no volatility gives')
  })

  test('refuses a price below the intrinsic value', () => {
    const deep: PricedOption = { ...month, strike: RAY / 2n, side: 'call', price: RAY / 2n - 1n }
    expect(() => impliedVolatility(deep)).toThrow('no volatility gives')
  })

  test('refuses a volatility outside the domain', () => {
    const price = RAY - 10n
    expect(() => impliedVolatility({ ...month, side: 'call', price })).toThrow('1 % and 1000 %')
  })
})
