import { invariant } from '../assert.ts'
import { bigintBytes } from '../values/bytes.ts'
import { FEED_STATUS, type FeedReport } from './feed-report.ts'

/** Long-tail feeds that share one word on chain, and bytes of that word which are signed. */
export const LANES = 4
export const LANE_WORD_BYTES = 25

const LANE_BITS = 50n
const MANTISSA_MAX = 2n ** 28n - 1n
const MANTISSA_MIN = -(2n ** 28n)
const SPREAD_EXPONENT_MAX = 31n

/**
 * One long-tail feed in 50 bits (LongTailWord.sol); 0 for none.
 *
 * ```
 * bits 49..21  mantissa   29 bits, two's complement
 * bits 20..15  exponent   the smallest with which value = mantissa × 2^exponent, rounded down
 * bits 14..7   spread     in units of 2^exponent, rounded up, 5-bit exponent and 3-bit mantissa
 * bits 6..2    observers
 * bits 1..0    status
 * ```
 */
export function encodeLane(feed: FeedReport): bigint {
  invariant(feed.observers >= 0 && feed.observers <= 31, 'observers fit five bits')
  let exponent = 0n
  // An arithmetic shift rounds down, for negative values too.
  while (feed.value >> exponent > MANTISSA_MAX || feed.value >> exponent < MANTISSA_MIN) {
    exponent += 1n
  }
  const mantissa = BigInt.asUintN(29, feed.value >> exponent)
  const units = (feed.spread + (1n << exponent) - 1n) >> exponent
  const head = (((mantissa << 6n) | exponent) << 8n) | spreadCode(units)
  return (((head << 5n) | BigInt(feed.observers)) << 2n) | BigInt(feed.status)
}

/** What a lane says; null for one that `encodeLane` could not have made. */
export function decodeLane(lane: bigint): FeedReport | null {
  const status = Number(lane & 3n)
  if (status !== FEED_STATUS.ok && status !== FEED_STATUS.unavailable) return null
  const exponent = (lane >> 15n) & 63n
  const report = {
    value: BigInt.asIntN(29, lane >> 21n) << exponent,
    spread: spreadUnits((lane >> 7n) & 255n) << exponent,
    observers: Number((lane >> 2n) & 31n),
    status,
  }
  return encodeLane(report) === lane ? report : null
}

/** A report as a lane can say it: the value rounded down to 28 bits, the spread rounded up. */
export function roundedToLane(feed: FeedReport): FeedReport {
  const rounded = decodeLane(encodeLane(feed))
  invariant(rounded !== null, 'a lane says what it was made of')
  return { ...rounded, isLongTail: true }
}

/** The signed part of a long-tail word: up to four feeds, the first in the highest bits. */
export function encodeLaneWord(feeds: readonly (FeedReport | null)[]): Uint8Array {
  invariant(feeds.length > 0 && feeds.length <= LANES, 'a word holds one to four feeds')
  let word = 0n
  for (let lane = 0; lane < LANES; lane++) {
    const feed = feeds[lane]
    word = (word << LANE_BITS) | (feed == null ? 0n : encodeLane(feed))
  }
  return bigintBytes(word, LANE_WORD_BYTES)
}

/** The smallest code whose units are not fewer; the largest for more than any says. */
function spreadCode(units: bigint): bigint {
  if (units < 8n) return units
  let shift = 0n
  let mantissa = units
  while (mantissa > 15n) {
    shift += 1n
    mantissa = (units + (1n << shift) - 1n) >> shift
  }
  if (shift + 1n > SPREAD_EXPONENT_MAX) return 255n
  return ((shift + 1n) << 3n) | (mantissa - 8n)
}

function spreadUnits(code: bigint): bigint {
  const exponent = code >> 3n
  if (exponent === 0n) return code & 7n
  return (8n + (code & 7n)) << (exponent - 1n)
}
