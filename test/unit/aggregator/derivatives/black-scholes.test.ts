import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type OptionTerms,
  PRICE_MAX,
  PRICE_MIN,
  priceOption,
  RATE_MAX,
  TIME_SECONDS_MAX,
  TIME_SECONDS_MIN,
  VOLATILITY_MAX,
  VOLATILITY_MIN,
  valueOption,
} from '../../../../aggregator/derivatives/black-scholes.ts'
import { WAD } from '../../../../aggregator/values/fixed-math.ts'
import { FULL_GRID, measureErrors } from '../../../support/derivatives/errors.ts'
import { type Real, real } from '../../../support/derivatives/real.ts'
import { vectorText } from '../../../support/derivatives/vectors.ts'

const RAY = 10n ** 27n
const DAY = 86_400n

/** A month at the money, 50 %, 5 %; a test writes only what matters to it. */
function terms(changed: Partial<OptionTerms> = {}): OptionTerms {
  const plain = { spot: RAY, strike: RAY, volatility: WAD / 2n, timeSeconds: 30n * DAY }
  return { ...plain, rate: WAD / 20n, ...changed }
}

describe('errors against the reference', () => {
  const limits: Readonly<Record<string, Real>> = {
    call: real('1e-19'),
    put: real('1e-19'),
    delta: real('1.1e-18'),
    gamma: real('1e-19'),
    vega: real('1e-18'),
    theta: real('3e-19'),
    rho: real('1e-18'),
  }

  test('stay within the stated limits on a part of the grid', () => {
    const every = <T>(list: readonly T[], step: number): T[] =>
      list.filter((_, i) => i % step === 0)
    const rows = measureErrors({
      ...FULL_GRID,
      volatilities: every(FULL_GRID.volatilities, 2),
      timesSeconds: every(FULL_GRID.timesSeconds, 2),
      rates: every(FULL_GRID.rates, 2),
      distances: every(FULL_GRID.distances, 2),
    })
    for (const { worst } of rows) {
      for (const [column, error] of Object.entries(worst)) {
        expect(error, column).toBeLessThan(limits[column] ?? 0n)
      }
    }
  })
})

describe('priceOption', () => {
  test('keeps put-call parity to one unit', () => {
    const free = terms({ strike: (11n * RAY) / 10n, rate: 0n })
    const { call, put } = priceOption(free)
    const gap = call - put - (free.spot - free.strike)
    expect(gap >= -1n && gap <= 1n).toBe(true)
  })

  test('is the intrinsic value far from the money', () => {
    const short = { timeSeconds: 60n, volatility: WAD / 100n, rate: 0n }
    expect(priceOption(terms({ ...short, strike: RAY / 2n }))).toEqual({ call: RAY / 2n, put: 0n })
    expect(priceOption(terms({ ...short, strike: 2n * RAY }))).toEqual({ call: 0n, put: RAY })
  })

  test('rises with volatility and time, both for the call and the put', () => {
    const calm = priceOption(terms({ rate: 0n }))
    const wild = priceOption(terms({ rate: 0n, volatility: WAD }))
    const long = priceOption(terms({ rate: 0n, timeSeconds: 60n * DAY }))
    for (const dearer of [wild, long]) {
      expect(dearer.call).toBeGreaterThan(calm.call)
      expect(dearer.put).toBeGreaterThan(calm.put)
    }
  })

  test('scales with the unit of the prices', () => {
    const { call } = priceOption(terms())
    const scaled = priceOption(terms({ spot: 1_000n * RAY, strike: 1_000n * RAY }))
    expect(scaled.call / 1_000n).toBe(call)
  })
})

describe('valueOption', () => {
  test('gives the same prices', () => {
    const { call, put } = valueOption(terms())
    expect({ call, put }).toEqual(priceOption(terms()))
  })

  test('has sensitivities that are slopes of the price', () => {
    const step = RAY / 10n ** 6n
    const up = priceOption(terms({ spot: RAY + step })).call
    const down = priceOption(terms({ spot: RAY - step })).call
    const slope = ((up - down) * WAD) / (2n * step)
    const { callDelta } = valueOption(terms())
    expect(Number(slope - callDelta) / 1e18).toBeCloseTo(0, 9)
  })
})

describe('the domain', () => {
  const edges: [keyof OptionTerms, bigint, bigint][] = [
    ['spot', PRICE_MIN, PRICE_MAX],
    ['strike', PRICE_MIN, PRICE_MAX],
    ['volatility', VOLATILITY_MIN, VOLATILITY_MAX],
    ['timeSeconds', TIME_SECONDS_MIN, TIME_SECONDS_MAX],
    ['rate', -RATE_MAX, RATE_MAX],
  ]

  test.each(edges)(
    '%s: both ends are inside, one further is refused by name',
    (name, low, high) => {
      for (const inside of [low, high]) priceOption(terms({ [name]: inside }))
      for (const outside of [low - 1n, high + 1n]) {
        expect(() => priceOption(terms({ [name]: outside }))).toThrow(new RegExp(`^${name} must`))
      }
    },
  )
})

test('the vectors that Solidity is held against are those of these formulas', () => {
  expect(readFileSync('test/vectors/derivatives.json', 'utf8')).toBe(vectorText())
})
