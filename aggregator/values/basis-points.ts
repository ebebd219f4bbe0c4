import { invariant } from '../assert.ts'
import { absolute, divide } from './fixed-point.ts'

/** One hundredth of a percent: 10,000 of them are the whole. A safe integer from 0. */
export type BasisPoints = number

export const BPS_WHOLE = 10_000
const WHOLE = 10_000n

/** Whether a value lies in the band, its edges included; exact, without division. */
export function isWithinBps(value: bigint, around: BandAround): boolean {
  return absolute(value - around.centre) * WHOLE <= reachOf(around)
}

/** Whether a value lies closer to the centre than half of the reach; exact, without division. */
export function isWithinHalfBps(value: bigint, around: BandAround): boolean {
  return absolute(value - around.centre) * 2n * WHOLE < reachOf(around)
}

/** The value itself inside the band, else the nearest value that is inside it. */
export function clampToBand(value: bigint, around: BandAround): bigint {
  if (isWithinBps(value, around)) return value
  const { centre } = around
  const reach = reachOf(around)
  return value < centre
    ? divide(centre * WHOLE - reach, WHOLE, 'ceil')
    : divide(centre * WHOLE + reach, WHOLE, 'floor')
}

/**
 * Whether a book, whose bid is above 0 and not above its ask, is wider than a share of its middle;
 * exact, without division: the middle is half of the sum.
 */
export function isWiderThanBps(
  { bid, ask }: { readonly bid: bigint; readonly ask: bigint },
  bps: BasisPoints,
): boolean {
  return (ask - bid) * 2n * WHOLE > (bid + ask) * BigInt(bps)
}

/** Values from centre − bps to centre + bps, both included. */
export interface BandAround {
  readonly centre: bigint
  readonly bps: BasisPoints
  /**
   * Least reach to either side, where the centre may be zero or below and a share of it says
   * nothing; left out, the centre is positive.
   */
  readonly reachMin?: bigint | undefined
}

/** How far the band reaches to either side, times `WHOLE`. */
function reachOf({ centre, bps, reachMin }: BandAround): bigint {
  invariant(centre > 0n || reachMin !== undefined, 'a band has a positive centre or a reach')
  const share = absolute(centre) * BigInt(bps)
  const least = (reachMin ?? 0n) * WHOLE
  return share > least ? share : least
}
