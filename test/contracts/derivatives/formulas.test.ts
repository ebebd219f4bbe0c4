import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OptionTerms, valueOption } from '../../../aggregator/derivatives/black-scholes.ts'
import { impliedVolatility } from '../../../aggregator/derivatives/implied-volatility.ts'
import { type HarnessChain, startHarness } from '../../support/derivatives/harness.ts'

interface VectorFile {
  readonly valuations: readonly {
    readonly terms: Record<keyof OptionTerms, string>
    readonly valuation: Record<string, string>
  }[]
  readonly implied: readonly {
    readonly option: Record<string, string>
    readonly volatility: string
  }[]
}

const vectors: VectorFile = JSON.parse(readFileSync('test/vectors/derivatives.json', 'utf8'))
/** Differential runs; a nightly run sets more. */
const RUNS = Number(process.env.FC_NUM_RUNS ?? 10_000)

let chain: HarnessChain
beforeAll(async () => {
  chain = await startHarness()
})
afterAll(() => chain.close())

/** Valuations of the contract, field by field as text. */
async function valuesOnChain(list: readonly OptionTerms[]): Promise<Record<string, string>[]> {
  const terms = list.map(({ timeSeconds, ...rest }) => ({ ...rest, time: timeSeconds }))
  const found = (await chain.call('DerivativesHarness', 'values', [terms])) as object[]
  return found.map(texts)
}

function texts(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `${value}`]))
}

describe('the shared vectors', () => {
  const list = vectors.valuations.map(({ terms }): OptionTerms => {
    const { spot, strike, volatility, timeSeconds, rate } = terms
    return {
      spot: BigInt(spot),
      strike: BigInt(strike),
      volatility: BigInt(volatility),
      timeSeconds: BigInt(timeSeconds),
      rate: BigInt(rate),
    }
  })

  test('are what Solidity computes', async () => {
    expect(await valuesOnChain(list)).toEqual(vectors.valuations.map((v) => v.valuation))
  })

  test('are what TypeScript computes', () => {
    const computed = list.map((terms) => texts(valueOption(terms)))
    expect(computed).toEqual(vectors.valuations.map((v) => v.valuation))
  })

  test('of implied volatility are what both compute', async () => {
    for (const { option, volatility } of vectors.implied) {
      const { side, price, spot, strike, timeSeconds, rate } = option
      const numbers = [price, spot, strike, timeSeconds, rate].map((text) => BigInt(text ?? '0'))
      const name = side === 'call' ? 'volatilityOfCall' : 'volatilityOfPut'
      expect(`${await chain.call('DerivativesHarness', name, numbers)}`).toBe(volatility)
    }
    expect(vectors.implied.length).toBeGreaterThan(100)
  })
})

describe('on random terms Solidity and TypeScript agree to the last bit', () => {
  const exponent = fc.bigInt(0n, 24n)
  const price = fc
    .tuple(exponent, fc.bigInt(10n ** 12n, 10n ** 13n - 1n))
    .map(([power, digits]) => (power === 24n ? 10n ** 36n : digits * 10n ** power))
  const nearPrice = fc.tuple(fc.bigInt(10n ** 26n, 10n ** 28n), fc.constant(0n)).map(([p]) => p)
  const terms = fc.record({
    spot: fc.oneof(price, nearPrice),
    strike: fc.oneof(price, nearPrice),
    volatility: fc.bigInt(10n ** 16n, 10n ** 19n),
    timeSeconds: fc.oneof(fc.bigInt(1n, 157_680_000n), fc.bigInt(1n, 100_000n)),
    rate: fc.bigInt(-2n * 10n ** 17n, 2n * 10n ** 17n),
  })
  const batch = 250

  test('valuations and prices', async () => {
    const property = fc.asyncProperty(
      fc.array(terms, { minLength: batch, maxLength: batch }),
      async (list) => {
        const local = list.map((one) => texts(valueOption(one)))
        expect(await valuesOnChain(list)).toEqual(local)
        const renamed = list.map(({ timeSeconds, ...rest }) => ({ ...rest, time: timeSeconds }))
        const prices = (await chain.call('DerivativesHarness', 'prices', [renamed])) as bigint[][]
        expect(prices.map(([call, put]) => [`${call}`, `${put}`])).toEqual(
          local.map(({ call, put }) => [call, put]),
        )
      },
    )
    await fc.assert(property, { numRuns: Math.ceil(RUNS / batch), endOnFailure: true })
  })

  test('implied volatilities, and whether there is one', async () => {
    const quote = fc.tuple(terms, fc.constantFrom('call' as const, 'put' as const))
    const property = fc.asyncProperty(quote, async ([one, side]) => {
      const { spot, strike, timeSeconds, rate } = one
      const paid = valueOption(one)[side]
      const local = attempt(() =>
        impliedVolatility({ side, price: paid, spot, strike, timeSeconds, rate }),
      )
      const name = side === 'call' ? 'volatilityOfCall' : 'volatilityOfPut'
      const args = [paid, spot, strike, timeSeconds, rate]
      const onChain = await chain.call('DerivativesHarness', name, args).catch(() => null)
      expect(onChain).toBe(local)
    })
    await fc.assert(property, { numRuns: Math.ceil(RUNS / 20), endOnFailure: true })
  })

  function attempt(compute: () => bigint): bigint | null {
    try {
      return compute()
    } catch {
      return null
    }
  }
})

test('a put above PRICE_MAX, as a negative rate allows, has an implied volatility', async () => {
  const terms = {
    spot: 10n ** 36n,
    strike: 10n ** 36n,
    volatility: 42n * 10n ** 17n,
    timeSeconds: 134_974_881n,
    rate: -3n * 10n ** 16n,
  }
  const { put } = valueOption(terms)
  expect(put).toBeGreaterThan(terms.spot)
  const { spot, strike, timeSeconds, rate } = terms
  const local = impliedVolatility({ side: 'put', price: put, spot, strike, timeSeconds, rate })
  const args = [put, spot, strike, timeSeconds, rate]
  expect(await chain.call('DerivativesHarness', 'volatilityOfPut', args)).toBe(local)
})

test('outside the domain Solidity reverts with the error of the argument', async () => {
  const inside = [10n ** 27n, 10n ** 27n, 10n ** 18n, 86_400n, 0n]
  const refusals: [number, bigint, string][] = [
    [0, 10n ** 12n - 1n, 'SpotOutOfDomain'],
    [1, 10n ** 36n + 1n, 'StrikeOutOfDomain'],
    [2, 10n ** 16n - 1n, 'VolatilityOutOfDomain'],
    [2, 10n ** 19n + 1n, 'VolatilityOutOfDomain'],
    [3, 0n, 'TimeOutOfDomain'],
    [3, 157_680_001n, 'TimeOutOfDomain'],
    [4, -2n * 10n ** 17n - 1n, 'RateOutOfDomain'],
    [4, 2n * 10n ** 17n + 1n, 'RateOutOfDomain'],
  ]
  for (const [index, given, error] of refusals) {
    const args = inside.with(index, given)
    await expect(chain.call('DerivativesHarness', 'price', args)).rejects.toThrow(error)
  }
})

test('gas stays within the goals of docs/derivatives.md on the whole grid', () => {
  // The gate measures it again and compares (stage `generated`).
  const gas: Readonly<Record<string, number>> = JSON.parse(
    readFileSync('contracts/gas.json', 'utf8'),
  )
  expect(gas['blackScholes.price']).toBeLessThanOrEqual(3_700)
  expect(gas['blackScholes.value']).toBeLessThanOrEqual(4_200)
  expect(gas['blackScholes.price']).toBeGreaterThan(1_000)
})
