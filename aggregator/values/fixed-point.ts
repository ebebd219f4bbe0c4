import { invariant } from '../assert.ts'

/**
 * How an inexact result becomes an integer: towards minus infinity, towards plus infinity, or to
 * the nearest with ties towards plus infinity. Every division names one.
 */
export type Rounding = 'floor' | 'ceil' | 'nearest'

/** Decimals of every quote, rate and price inside the source arithmetic. */
export const QUOTE_DECIMALS = 18
/** One unit at `QUOTE_DECIMALS`. */
export const QUOTE_UNIT = 10n ** 18n

export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** Quotient of any integer and a positive one, rounded as named. */
export function divide(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  invariant(denominator > 0n, 'a divisor is positive')
  if (rounding === 'floor') return divideFloor(numerator, denominator)
  if (rounding === 'ceil') return -divideFloor(-numerator, denominator)
  return divideFloor(2n * numerator + denominator, 2n * denominator)
}

/** A value of one number of decimals in another; both 0..36. */
export function rescale(
  value: bigint,
  decimals: { readonly from: number; readonly to: number; readonly rounding: Rounding },
): bigint {
  const { from, to, rounding } = decimals
  if (to >= from) return value * 10n ** BigInt(to - from)
  return divide(value, 10n ** BigInt(from - to), rounding)
}

function divideFloor(numerator: bigint, denominator: bigint): bigint {
  const truncated = numerator / denominator
  // Division truncates towards zero; below zero a remainder means one further down.
  return numerator < 0n && truncated * denominator !== numerator ? truncated - 1n : truncated
}
