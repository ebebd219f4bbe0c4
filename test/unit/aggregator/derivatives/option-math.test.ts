import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  deviation,
  expSmall,
  gaussian,
  OPTION_MATH_COEFFICIENTS,
  scaledTail,
  squareRoot,
} from '../../../../aggregator/derivatives/option-math.ts'
import {
  FIXED_MATH_COEFFICIENTS,
  lnRatio,
  type Q96,
} from '../../../../aggregator/values/fixed-math.ts'
import { EXP_DEGREES, fitExp, fitLn, fitRoot, fitTail } from '../../../support/derivatives/fit.ts'
import * as real from '../../../support/derivatives/real.ts'

const solidity = readFileSync('contracts/src/derivatives/OptionMath.sol', 'utf8')

/** Rounds to nearest with `bits` behind the point. */
function rounded(x: real.Real, bits = 96n): bigint {
  const drop = real.REAL_BITS - bits
  return (x + (1n << (drop - 1n))) >> drop
}

function toReal(x: Q96): real.Real {
  return x << (real.REAL_BITS - 96n)
}

describe('the coefficients are those of the fit, in TypeScript and in Solidity', () => {
  test('r·coth(r/2) on |r| ≤ ln 2 / 2', () => {
    const half = real.LN2 / 2n
    const { coefficients, error } = fitExp(real.mul(half, half), EXP_DEGREES.reduced)
    expect(FIXED_MATH_COEFFICIENTS.exp).toEqual(coefficients.map((c) => rounded(c)))
    expect(error).toBeLessThan(real.real('6e-23'))
    expectInSolidity(FIXED_MATH_COEFFICIENTS.exp)
  })

  test('x·coth(x/2) on |x| ≤ 1', () => {
    const { coefficients, error } = fitExp(real.ONE, EXP_DEGREES.small)
    expect(OPTION_MATH_COEFFICIENTS.expSmall).toEqual(coefficients.map((c) => rounded(c)))
    expect(error).toBeLessThan(real.real('4e-24'))
    expectInSolidity(OPTION_MATH_COEFFICIENTS.expSmall)
  })

  test('z/atanh z on |z| ≤ 1/3', () => {
    const { coefficients, error } = fitLn()
    expect(FIXED_MATH_COEFFICIENTS.ln).toEqual(coefficients.map((c) => rounded(real.abs(c))))
    expect(error).toBeLessThan(real.real('1.4e-21'))
    expectInSolidity(FIXED_MATH_COEFFICIENTS.ln)
  })

  test('√u on [1, 4]', () => {
    const { coefficients, error } = fitRoot()
    const { root } = OPTION_MATH_COEFFICIENTS
    expect(root.constant).toBe(rounded(coefficients.constant, 127n))
    expect([-root.a, root.b]).toEqual([
      rounded(coefficients.levels[0]?.a ?? 0n, 247n),
      rounded(coefficients.levels[0]?.b ?? 0n, 120n),
    ])
    expect(error).toBeLessThan(real.real('0.0026'))
    expectInSolidity([root.constant, root.a, root.b, OPTION_MATH_COEFFICIENTS.rootScale])
  })

  test('the scaled tail on [0, 32]', () => {
    const { coefficients, error } = fitTail()
    const { tail } = OPTION_MATH_COEFFICIENTS
    expect(tail.constant).toBe(rounded(coefficients.constant))
    expect(tail.levels).toEqual(
      coefficients.levels.map(({ a, b }) => ({ a: rounded(a, 192n), b: rounded(b) })),
    )
    expect(error).toBeLessThan(real.real('4.5e-20'))
    expectInSolidity([tail.shift, tail.constant, ...tail.levels.flatMap(({ a, b }) => [a, b])])
  })

  test('the scale of the deviation is 2^196/√(1e36 · 31,536,000)', () => {
    const seconds = 31_536_000n * 10n ** 36n
    expect(OPTION_MATH_COEFFICIENTS.rootScale).toBe((real.isqrt((1n << 394n) / seconds) + 1n) >> 1n)
  })

  function expectInSolidity(coefficients: readonly bigint[]): void {
    const missing = coefficients.filter((c) => !solidity.includes(`0x${real.abs(c).toString(16)}`))
    expect(missing).toEqual([])
  }
})

describe('no divisor of the tail comes near zero, by interval arithmetic over its range', () => {
  const { shift, levels } = OPTION_MATH_COEFFICIENTS.tail
  const one = 1n << 96n

  test('every level keeps its sign and stays between 0.02 and 35', () => {
    const pieces = 4_000n
    const low = (1n << 192n) / (32n * one + shift) - 1n
    const high = (1n << 192n) / shift + 1n
    const bounds = levels.map(() => ({ low: 1n << 200n, high: -(1n << 200n) }))
    for (let i = 0n; i < pieces; i++) {
      const s: Interval = {
        low: low + ((high - low) * i) / pieces,
        high: low + ((high - low) * (i + 1n)) / pieces + 1n,
      }
      let level: Interval | null = null
      for (const [index, { b }] of [...levels.entries()].toReversed()) {
        const next: Interval | undefined =
          level === null ? undefined : divided(levels[index + 1]?.a ?? 0n, level)
        level = { low: s.low + b + (next?.low ?? 0n), high: s.high + b + (next?.high ?? 0n) }
        const bound = bounds[index]
        if (bound === undefined) throw new RangeError('one bound for each level')
        if (level.low < bound.low) bound.low = level.low
        if (level.high > bound.high) bound.high = level.high
      }
    }
    for (const bound of bounds) {
      const nearest = bound.low > 0n ? bound.low : -bound.high
      const farthest = bound.low > 0n ? bound.high : -bound.low
      expect(nearest).toBeGreaterThan(one / 50n)
      expect(farthest).toBeLessThan(35n * one)
    }
  })

  interface Interval {
    readonly low: bigint
    readonly high: bigint
  }

  /** a / [low, high], outward; the interval must not hold zero. */
  function divided(a: bigint, { low, high }: Interval): Interval {
    if (low <= 0n && high >= 0n) throw new RangeError('a divisor may be zero')
    const ends = [a / low, a / high].toSorted((x, y) => (x < y ? -1 : 1))
    return { low: (ends[0] ?? 0n) - 1n, high: (ends[1] ?? 0n) + 1n }
  }
})

describe('measured against the reference', () => {
  const steps = (count: number): bigint[] => Array.from({ length: count + 1 }, (_, i) => BigInt(i))

  test('lnRatio is within 2e-21, also far from one and a unit from it', () => {
    const ratios: [bigint, bigint][] = steps(400).map((i) => [
      10n ** 12n + i * i * 10n ** 9n,
      10n ** 12n,
    ])
    ratios.push([10n ** 36n, 10n ** 12n], [10n ** 12n, 10n ** 36n], [10n ** 36n - 1n, 10n ** 36n])
    ratios.push([1n, 1n], [(1n << 128n) - 1n, 1n])
    // Longer numbers are cut to 128 bits.
    ratios.push([(1n << 200n) - 1n, 3n], [1n << 255n, 1n], [7n, (1n << 255n) - 19n])
    for (const [a, b] of ratios) {
      const exact = real.ln(real.ratio(a, b))
      expect(real.abs(toReal(lnRatio(a, b)) - exact)).toBeLessThan(real.real('2e-21'))
    }
  })

  test('expSmall is within 4e-24, relative', () => {
    for (const i of steps(200)) {
      const x = (i - 100n) * ((1n << 96n) / 100n)
      const exact = real.exp(toReal(x))
      expect(real.div(real.abs(toReal(expSmall(x)) - exact), exact)).toBeLessThan(
        real.real('4e-24'),
      )
    }
  })

  test('gaussian is within 6e-23, relative, and one unit', () => {
    for (const i of steps(300)) {
      const d = (i << 96n) / 30n
      const exact = real.exp(-(real.mul(toReal(d), toReal(d)) >> 1n))
      const allowed = real.mul(exact, real.real('6e-23')) + toReal(1n)
      expect(real.abs(toReal(gaussian(d)) - exact)).toBeLessThan(allowed)
      expect(gaussian(-d)).toBe(gaussian(d))
    }
  })

  test('scaledTail is within 5e-20', () => {
    for (const i of steps(640)) {
      const x = (i << 96n) / 20n
      const difference = real.abs(toReal(scaledTail(x)) - real.scaledTail(toReal(x)))
      expect(difference).toBeLessThan(real.real('5e-20'))
    }
  })

  test('deviation is within 2e-23, relative, from the smallest to the largest', () => {
    for (const volatility of [10n ** 16n, 3n * 10n ** 17n, 10n ** 18n + 7n, 10n ** 19n]) {
      for (const time of [1n, 60n, 61n, 3_599n, 86_400n, 31_536_000n, 157_680_000n]) {
        const years = real.ratio(time, 31_536_000n)
        const exact = real.mul(real.ratio(volatility, 10n ** 18n), real.sqrt(years))
        const difference = real.abs(toReal(deviation(volatility, time)) - exact)
        expect(real.div(difference, exact)).toBeLessThan(real.real('2e-23'))
      }
    }
  })

  test('squareRoot of 0, 1 and the largest word', () => {
    expect(squareRoot(0n)).toBe(0n)
    expect(squareRoot(1n)).toBe(1n)
    const excess = squareRoot((1n << 256n) - 1n) - (1n << 128n)
    expect(excess * 10n ** 23n < 2n << 128n && excess >= -1n).toBe(true)
  })
})
