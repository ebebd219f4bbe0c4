import { invariant } from '../assert.ts'
import { absolute, divide } from './fixed-point.ts'

/** One hundredth of a percent: 10,000 of them are the whole. A safe integer from 0. */
export type BasisPoints = number

export const BPS_WHOLE = 10_000
const WHOLE = 10_000n

/** Whether a value lies no further than `bps` from a positive centre; exact, without division. */
export function isWithinBps(value: bigint, around: BandAround): boolean {
  const { centre, bps } = around
  invariant(centre > 0n, 'a band has a positive centre')
  return absolute(value - centre) * WHOLE <= centre * BigInt(bps)
}

/** Whether a value lies closer than half of `bps` to a positive centre; exact, without division. */
export function isWithinHalfBps(value: bigint, around: BandAround): boolean {
  const { centre, bps } = around
  invariant(centre > 0n, 'a band has a positive centre')
  return absolute(value - centre) * 2n * WHOLE < centre * BigInt(bps)
}

/** The value itself inside the band, else the nearest value that is inside it. */
export function clampToBand(value: bigint, around: BandAround): bigint {
  if (isWithinBps(value, around)) return value
  const { centre, bps } = around
  const part = BigInt(bps)
  return value < centre
    ? divide(centre * (WHOLE - part), WHOLE, 'ceil')
    : divide(centre * (WHOLE + part), WHOLE, 'floor')
}

/** Values from centre − bps to centre + bps, both included. */
export interface BandAround {
  readonly centre: bigint
  readonly bps: BasisPoints
}
