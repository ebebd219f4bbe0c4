import { describe, expect, test } from 'vitest'
import { formatDecimal, parseDecimal } from '../../../../aggregator/values/decimal.ts'

const parse = (text: string, decimals = 8) => {
  const outcome = parseDecimal(text, { decimals, rounding: 'floor' })
  return outcome.type === 'parsed' ? outcome.value : outcome.code
}

describe('parseDecimal', () => {
  test.each([
    ['0', 0n],
    ['-0', 0n],
    ['-0.0', 0n],
    ['64000.12', 6_400_012_000_000n],
    ['4.00000200', 400_000_200n],
    ['0.1', 10_000_000n],
    ['2.3822168242201668E8', 23_822_168_242_201_668n],
    ['2.533e-4', 25_330n],
    ['1e+3', 100_000_000_000n],
    ['-12.5', -1_250_000_000n],
    ['9007199254740993', 900_719_925_474_099_300_000_000n],
  ])('reads %s exactly', (text, value) => {
    expect(parse(text)).toBe(value)
  })

  test.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '+1',
    '.5',
    '5.',
    '1.2.3',
    '1e',
    '1e1.5',
    '--1',
    '007',
    '1,000',
    '1_000',
    '0x10',
    '0b1',
    '1n',
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    '١٢٣',
    '１２３',
    '1\u0000',
  ])('refuses %j as malformed', (text) => {
    expect(parse(text)).toBe('DECIMAL_MALFORMED')
  })

  test.each(['1e400', '-1e400', '1e31', '1e-31', `1e${'9'.repeat(70)}`, '9'.repeat(40)])(
    'refuses %s as out of range',
    (text) => {
      expect(parse(text)).toBe('DECIMAL_OUT_OF_RANGE')
    },
  )

  test('refuses a text that is too long before reading it', () => {
    expect(parse(`0.${'1'.repeat(1_000_000)}`)).toBe('DECIMAL_TOO_LONG')
    expect(parse(`0.${'0'.repeat(79)}`)).toBe('DECIMAL_TOO_LONG')
    expect(parse(`0.${'0'.repeat(78)}`)).toBe(0n)
  })

  test('takes the widest exponents and values there are, and nothing beyond', () => {
    const largest = 2n ** 127n - 1n
    expect([parse('1e30', 0), parse('1e-30', 30)]).toEqual([10n ** 30n, 1n])
    expect([parse(`${largest}`, 0), parse(`-${largest}`, 0)]).toEqual([largest, -largest])
    for (const beyond of [`${largest + 1n}`, `-${largest + 1n}`, `${largest + 2n}`]) {
      expect(parse(beyond, 0)).toBe('DECIMAL_OUT_OF_RANGE')
    }
  })

  test.each([-1, 37])('knows no fixed point of %i decimals', (decimals) => {
    expect(() => parse('1', decimals)).toThrow('invariant')
    expect(() => formatDecimal(1n, decimals)).toThrow('invariant')
  })

  test('knows fixed points of 0 and of 36 decimals', () => {
    expect([parse('1', 0), parse('1', 36)]).toEqual([1n, 10n ** 36n])
    expect(formatDecimal(1n, 36)).toBe(`0.${'0'.repeat(35)}1`)
  })

  test.each([
    ['floor', '1.239', 123n],
    ['floor', '-1.231', -124n],
    ['ceil', '1.231', 124n],
    ['ceil', '-1.239', -123n],
    ['nearest', '1.235', 124n],
    ['nearest', '-1.235', -123n],
    ['nearest', '1.2349', 123n],
  ] as const)('rounds %s of %s at two decimals to %s', (rounding, text, value) => {
    expect(parseDecimal(text, { decimals: 2, rounding })).toEqual({ type: 'parsed', value })
  })
})

test.each([
  [150n, 2, '1.50'],
  [-5n, 2, '-0.05'],
  [7n, 0, '7'],
  [0n, 3, '0.000'],
])('formatDecimal writes %s at %i decimals as %s', (value, decimals, text) => {
  expect(formatDecimal(value, decimals)).toBe(text)
})
