import { describe, expect, test } from 'vitest'
import { createCoinPath, PAR } from '../../../simulations/world/coins.ts'

const DEPEG = {
  fromUs: 10_000_000,
  depthBps: 1_200,
  rampUs: 20_000_000,
  toUs: 60_000_000,
  recoveryUs: 10_000_000,
}
const coinOf = (options: { depeg?: typeof DEPEG | null; noisePpm?: number; seed?: number }) =>
  createCoinPath({ seed: 1, market: 'USDT/USD', noisePpm: 0, depeg: null, ...options })

describe('the true rate of a coin', () => {
  test('is a dollar for as long as nothing happens', () => {
    const coin = coinOf({})
    for (const nowUs of [-1, 0, 1e9, 1e12]) expect(coin.at(nowUs)).toBe(PAR)
  })

  test('falls evenly to its depth, stays, and comes back evenly to a dollar', () => {
    const coin = coinOf({ depeg: DEPEG })
    const course = [9.9, 10, 20, 30, 59.9, 60, 65, 70, 1_000].map(
      (s) => coin.at(s * 1_000_000) / PAR,
    )
    expect(course).toEqual([1, 1, 0.94, 0.88, 0.88, 0.88, 0.94, 1, 1])
  })

  test('falls at once without a ramp, and without an end it stays where it is', () => {
    const coin = coinOf({ depeg: { ...DEPEG, rampUs: 0, toUs: Number.POSITIVE_INFINITY } })
    expect(coin.at(9_999_999)).toBe(PAR)
    expect(coin.at(10_000_000)).toBe(0.88 * PAR)
    expect(coin.at(1e15)).toBe(0.88 * PAR)
  })

  test('errs evenly around its course, the same whoever asks first, another way by seed', () => {
    const coin = coinOf({ depeg: DEPEG, noisePpm: 500 })
    const calm = coinOf({ depeg: DEPEG })
    const steps = Array.from({ length: 5_000 }, (_, step) => step * 100_000)
    const late = steps.toReversed().map((us) => coin.at(us))
    const errorsPpm = steps.map((us) => ((coin.at(us) - calm.at(us)) / PAR) * 1_000_000)
    expect(steps.map((us) => coin.at(us))).toEqual(late.toReversed())
    expect(Math.max(...errorsPpm.map(Math.abs))).toBeLessThanOrEqual(501)
    expect(Math.max(...errorsPpm)).toBeGreaterThan(490)
    expect(Math.min(...errorsPpm)).toBeLessThan(-490)
    const other = coinOf({ depeg: DEPEG, noisePpm: 500, seed: 2 })
    expect(steps.map((us) => other.at(us))).not.toEqual(late.toReversed())
  })
})
