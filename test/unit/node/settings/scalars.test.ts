import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDecimal, parseDecimal } from '../../../../node/settings/scalars.ts'

test.each([
  ['0', 8, 0n],
  ['1', 0, 1n],
  ['0.5', 18, 500_000_000_000_000_000n],
  ['-12.34', 2, -1_234n],
  ['007.10', 2, 710n],
])('parseDecimal %s with %i decimals is %s', (text, decimals, value) => {
  expect(parseDecimal(text, decimals)).toBe(value)
})

test.each([
  '',
  '.5',
  '5.',
  '1e3',
  '0x10',
  '1,000',
  ' 1',
  'NaN',
  '--1',
  '0.123',
  `${'9'.repeat(61)}`,
])('parseDecimal refuses %j with 2 decimals', (text) => {
  expect(parseDecimal(text, 2)).toBeNull()
})

test('formatDecimal is the inverse of parseDecimal', () => {
  const numbers = fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), fc.nat({ max: 18 }))
  fc.assert(
    fc.property(numbers, ([value, decimals]) => {
      expect(parseDecimal(formatDecimal(value, decimals), decimals)).toBe(value)
    }),
  )
})
