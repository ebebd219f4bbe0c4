import { describe, expect, test } from 'vitest'
import {
  bitLength,
  EXP_WAD_MAX,
  EXP_WAD_ZERO,
  expWad,
  integerSqrt,
  lnRatio,
  WAD,
} from '../../../../aggregator/values/fixed-math.ts'
import * as real from '../../../support/derivatives/real.ts'

/** Distance from the exact value in units of 1e-18, times 100. */
function hundredths(given: bigint, exact: real.Real): bigint {
  return (real.abs(given * real.ONE - exact * WAD) * 100n) >> real.REAL_BITS
}

test('lnRatio is exact at one, and refuses what has no logarithm', () => {
  expect(lnRatio(WAD, WAD)).toBe(0n)
  expect(() => lnRatio(0n, WAD)).toThrow('positive')
})

describe('expWad', () => {
  test('is rounded to nearest up to e^x = 1e4', () => {
    for (const x of [-41n * WAD, -3n * WAD, -1n, 0n, 1n, WAD / 7n, WAD, (92n * WAD) / 10n]) {
      expect(hundredths(expWad(x), real.exp(real.ratio(x, WAD)))).toBeLessThan(51n)
    }
  })

  test('is within 1e-22 of the value above', () => {
    for (const x of [10n * WAD, 50n * WAD + 1n, 135n * WAD, EXP_WAD_MAX]) {
      const exact = real.exp(real.ratio(x, WAD)) * WAD
      expect(real.div(real.abs(expWad(x) * real.ONE - exact), exact)).toBeLessThan(
        real.real('1e-22'),
      )
    }
  })

  test('ends at its limits: zero below, an error above', () => {
    expect(expWad(EXP_WAD_ZERO)).toBe(0n)
    expect(expWad(EXP_WAD_ZERO + 1n)).toBe(1n)
    expect(bitLength(expWad(EXP_WAD_MAX))).toBeLessThanOrEqual(256n)
    expect(() => expWad(EXP_WAD_MAX + 1n)).toThrow(RangeError)
  })
})

test('integerSqrt is an exact floor', () => {
  expect(integerSqrt(2n * WAD * WAD)).toBe(1_414_213_562_373_095_048n)
  for (const n of [0n, 1n, 2n, 3n, 4n, 8n, 15n, 16n, (1n << 128n) - 1n, 1n << 255n]) {
    const root = integerSqrt(n)
    expect(root * root <= n && (root + 1n) * (root + 1n) > n).toBe(true)
  }
})

test('bitLength counts as binary text does', () => {
  for (const n of [1n, 2n, 3n, 4n, 7n, 8n, 15n, 16n, 255n, 256n, (1n << 200n) - 1n]) {
    expect(bitLength(n)).toBe(BigInt(n.toString(2).length))
  }
})
