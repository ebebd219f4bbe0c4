import type { FeedParams } from '../committee/params.ts'
import { absolute } from '../values/fixed-point.ts'

/**
 * What a change of a feed is a share of, in the feed's decimals and never below zero: the value
 * from which it changes, or of a funding rate, which may be zero, the most that the rate may be
 * (protocol §8.2).
 */
export function deviationScale(
  { kind, valueMax }: Pick<FeedParams, 'kind' | 'valueMax'>,
  value: bigint,
): bigint {
  return kind === 'funding' ? valueMax : absolute(value)
}
