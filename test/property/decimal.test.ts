import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDecimal, parseDecimal } from '../../aggregator/values/decimal.ts'
import { divide, rescale } from '../../aggregator/values/fixed-point.ts'

const int128 = fc.bigInt({ min: -(2n ** 127n) + 1n, max: 2n ** 127n - 1n })
const decimals = fc.integer({ min: 0, max: 36 })

describe('decimal texts', () => {
  test('what formatDecimal writes, parseDecimal reads back unchanged', () => {
    fc.assert(
      fc.property(int128, decimals, (value, places) => {
        const text = formatDecimal(value, places)
        expect(parseDecimal(text, { decimals: places, rounding: 'floor' })).toEqual({
          type: 'parsed',
          value,
        })
      }),
    )
  })

  test('an exponent only moves the point', () => {
    const mantissa = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
    fc.assert(
      fc.property(mantissa, fc.integer({ min: 0, max: 18 }), (digits, places) => {
        const plain = parseDecimal(formatDecimal(digits, places), {
          decimals: 18,
          rounding: 'ceil',
        })
        const scientific = parseDecimal(`${digits}e-${places}`, { decimals: 18, rounding: 'ceil' })
        expect(scientific).toEqual(plain)
      }),
    )
  })

  test('no text whatsoever makes it throw, and it agrees with Number on what is a number', () => {
    const numberLike = fc.stringMatching(/^[-+0-9.eExnNaIity ]{0,12}$/)
    fc.assert(
      fc.property(fc.oneof(fc.string(), numberLike), (text) => {
        const outcome = parseDecimal(text, { decimals: 8, rounding: 'nearest' })
        if (outcome.type === 'refused') return
        expect(Number.isFinite(Number(text))).toBe(true)
        const difference = Math.abs(Number(formatDecimal(outcome.value, 8)) - Number(text))
        expect(difference).toBeLessThanOrEqual(1e-8 + Math.abs(Number(text)) * 1e-12)
      }),
    )
  })
})

describe('rounded division', () => {
  test('floor and ceil bracket the quotient, nearest is no further than half', () => {
    fc.assert(
      fc.property(int128, fc.bigInt({ min: 1n, max: 2n ** 64n }), (numerator, denominator) => {
        const floor = divide(numerator, denominator, 'floor')
        const ceil = divide(numerator, denominator, 'ceil')
        const nearest = divide(numerator, denominator, 'nearest')
        const rest = numerator - floor * denominator
        expect(rest >= 0n && rest < denominator).toBe(true)
        expect(ceil).toBe(rest === 0n ? floor : floor + 1n)
        expect(nearest).toBe(2n * rest >= denominator ? floor + 1n : floor)
      }),
    )
  })

  test('rescale to more decimals and back is the identity', () => {
    fc.assert(
      fc.property(int128, fc.nat(18), fc.nat(18), (value, from, more) => {
        const to = from + more
        const wider = rescale(value, { from, to, rounding: 'floor' })
        expect(rescale(wider, { from: to, to: from, rounding: 'ceil' })).toBe(value)
      }),
    )
  })
})
