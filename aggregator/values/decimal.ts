import { invariant } from '../assert.ts'
import { divide, type Rounding } from './fixed-point.ts'

/** Why a text is no decimal number that we take. */
export type DecimalFault =
  /**
   * Not `-?digits[.digits][e±digits]`: empty, spaces, hex, NaN, Infinity, other digits, `+1`, `.5`.
   */
  | 'DECIMAL_MALFORMED'
  /** Longer than `DECIMAL_LENGTH_MAX` characters. */
  | 'DECIMAL_TOO_LONG'
  /** The exponent or the result is beyond what any price needs. */
  | 'DECIMAL_OUT_OF_RANGE'

export type DecimalOutcome =
  | { readonly type: 'parsed'; readonly value: bigint }
  | { readonly type: 'refused'; readonly code: DecimalFault }

/** Longest text that is read: 38 digits of an int128 on both sides of the point fit well within. */
const DECIMAL_LENGTH_MAX = 80
/** Largest exponent of either sign; 10^30 units at 18 decimals would already leave an int128. */
const DECIMAL_EXPONENT_MAX = 30
/** The result fits a signed 128-bit integer. */
const DECIMAL_VALUE_MAX = 2n ** 127n - 1n

const DECIMALS_MAX = 36
const GRAMMAR = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/

/**
 * Reads a decimal number from its text into fixed point, exactly up to the named rounding; nothing
 * passes through a float. The text is taken as JSON writes a number.
 *
 * @param target decimals 0..36 of the result, and the rounding of digits beyond them
 */
export function parseDecimal(
  text: string,
  target: { readonly decimals: number; readonly rounding: Rounding },
): DecimalOutcome {
  const { decimals, rounding } = target
  invariant(decimals >= 0 && decimals <= DECIMALS_MAX, 'a fixed point has 0 to 36 decimals')
  if (text.length > DECIMAL_LENGTH_MAX) return { type: 'refused', code: 'DECIMAL_TOO_LONG' }
  const match = GRAMMAR.exec(text)
  if (match === null) return { type: 'refused', code: 'DECIMAL_MALFORMED' }
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match
  // At most 80 characters, so this is exact or far beyond the limit.
  const exponent = Number(exponentText)
  if (exponent > DECIMAL_EXPONENT_MAX || exponent < -DECIMAL_EXPONENT_MAX) {
    return { type: 'refused', code: 'DECIMAL_OUT_OF_RANGE' }
  }
  const digits = BigInt(`${sign}${whole}${fraction}`)
  const shift = decimals + exponent - fraction.length
  const value =
    shift >= 0 ? digits * 10n ** BigInt(shift) : divide(digits, 10n ** BigInt(-shift), rounding)
  if (value > DECIMAL_VALUE_MAX || value < -DECIMAL_VALUE_MAX) {
    return { type: 'refused', code: 'DECIMAL_OUT_OF_RANGE' }
  }
  return { type: 'parsed', value }
}

/** Writes a fixed-point value with all its decimals: 150 at 2 decimals is `1.50`. */
export function formatDecimal(value: bigint, decimals: number): string {
  invariant(decimals >= 0 && decimals <= DECIMALS_MAX, 'a fixed point has 0 to 36 decimals')
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const point = digits.length - decimals
  const fraction = decimals === 0 ? '' : `.${digits.slice(point)}`
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}${fraction}`
}
