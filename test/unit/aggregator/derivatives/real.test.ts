import { describe, expect, test } from 'vitest'
import * as real from '../../../support/derivatives/real.ts'

/** Decimal text of a Real, cut after `digits` decimals. */
function decimal(x: real.Real, digits: number): string {
  const scaled = (real.abs(x) * 10n ** BigInt(digits)) >> real.REAL_BITS
  const text = scaled.toString().padStart(digits + 1, '0')
  return `${x < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

describe('the reference arithmetic agrees with published constants to 60 digits', () => {
  test.each([
    ['π', real.PI, '3.141592653589793238462643383279502884197169399375105820974944'],
    ['ln 2', real.LN2, '0.693147180559945309417232121458176568075500134360255254120680'],
    ['e', real.exp(real.ONE), '2.718281828459045235360287471352662497757247093699959574966967'],
    [
      'ln 10',
      real.ln(real.real('10')),
      '2.302585092994045684017991454684364207601101488628772976033327',
    ],
    [
      '√2',
      real.sqrt(2n * real.ONE),
      '1.414213562373095048801688724209698078569671875376948073176679',
    ],
  ])('%s', (_name, computed, published) => {
    expect(decimal(computed, 60)).toBe(published)
  })

  test('Φ(−1) and Φ(1.96)', () => {
    const values = [real.real('-1'), real.real('1.96')].map((x) =>
      decimal(real.distribution(x), 30),
    )
    expect(values).toEqual(['0.158655253931457051414767454367', '0.975002104851779565863415730959'])
  })
})

test('exp and ln undo one another', () => {
  for (const text of ['-30', '-1', '1e-9', '0.7', '33']) {
    const x = real.real(text)
    expect(real.abs(real.ln(real.exp(x)) - x)).toBeLessThan(1n << 60n)
  }
})

test('scaledTail follows its asymptotic series far out', () => {
  // x·√2π·Φ(−x)e^(x²/2) = 1 − 1/x² + 3/x⁴ − 15/x⁶ + …, with an error below the next term.
  const x = real.real('30')
  const inverse = real.div(real.ONE, real.mul(x, x))
  const terms = [1n, -1n, 3n, -15n, 105n, -945n, 10_395n]
  const series = terms.reduceRight((sum, c) => real.mul(sum, inverse) + c * real.ONE, 0n)
  const left = real.mul(real.mul(x, real.sqrt(2n * real.PI)), real.scaledTail(x))
  expect(real.abs(left - series)).toBeLessThan(real.real('3e-16'))
  expect(real.abs(left - series)).toBeGreaterThan(real.real('1e-17'))
})
