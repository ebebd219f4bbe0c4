import { invariant } from '../assert.ts'
import { Reader, Writer } from '../values/codec.ts'
import { FEED_STATUS, type FeedReport } from './feed-report.ts'
import { roundedToLane } from './lanes.ts'

export const INT64_MIN = -(2n ** 63n)
export const INT64_MAX = 2n ** 63n - 1n

const MANTISSA_BITS = 18n
const MANTISSA_MAX = (1n << MANTISSA_BITS) - 1n
const SAFE_MANTISSA_MAX = Number(MANTISSA_MAX)
const EXPONENT_MAX = 63n
const SPREAD_CODE_MAX = (EXPONENT_MAX << MANTISSA_BITS) | MANTISSA_MAX

/**
 * Packs a spread into 24 bits: exponent (6) and mantissa (18), value = mantissa × 2^exponent.
 * Rounds up, so that a reader never sees less spread than there was; saturates at the largest code.
 *
 * The smallest exponent that holds the spread is the only canonical one.
 */
export function encodeSpread(spread: bigint): number {
  invariant(spread >= 0n, 'a spread is never negative')
  const number = Number(spread)
  if (Number.isSafeInteger(number)) return encodeSafeSpread(number)
  let exponent = 0n
  let mantissa = spread
  while (mantissa > MANTISSA_MAX) {
    exponent += 1n
    // Ceil against the original, not step by step: repeated rounding up could overshoot.
    mantissa = (spread + (1n << exponent) - 1n) >> exponent
  }
  if (exponent > EXPONENT_MAX) return Number(SPREAD_CODE_MAX)
  return Number((exponent << MANTISSA_BITS) | mantissa)
}

/** The same for most spreads there are, without a bigint for each step. */
function encodeSafeSpread(spread: number): number {
  let exponent = 0
  let unit = 1
  let mantissa = spread
  while (mantissa > SAFE_MANTISSA_MAX) {
    exponent += 1
    unit *= 2
    const rest = spread % unit
    mantissa = (spread - rest) / unit + (rest === 0 ? 0 : 1)
  }
  return exponent * (SAFE_MANTISSA_MAX + 1) + mantissa
}

/** The spread that a 24-bit code stands for. */
export function decodeSpread(code: number): bigint {
  const bits = BigInt(code)
  if (bits <= MANTISSA_MAX) return bits
  return (bits & MANTISSA_MAX) << (bits >> MANTISSA_BITS)
}

/** In the status of a word. */
const LONG_TAIL = 4
/** Bytes of a word that the committee decides; the contract fills in the rest when it stores. */
export const WORD_HEAD_BYTES = 12
export const WORD_BYTES = 32

/**
 * The 32-byte word of one feed, as it is hashed into a leaf (protocol §7):
 *
 * ```
 * bits 255..192  value     int64, two's complement, in the feed's decimals
 * bits 191..168  spread    6-bit exponent, 18-bit mantissa
 * bits 167..163  observers 0..31
 * bits 162..160  status, and 4 for a long-tail feed
 * bits 159..0    zero; the contract fills them in when it stores the word (docs/contracts.md)
 * ```
 *
 * @throws {RangeError} when the value does not fit 64 bits
 */
export function encodeWord(feed: FeedReport): Uint8Array {
  if (feed.value < INT64_MIN || feed.value > INT64_MAX) {
    throw new RangeError('a feed value must fit a signed 64-bit integer; use fewer decimals')
  }
  invariant(feed.observers >= 0 && feed.observers <= 31, 'observers fit five bits')
  const tier = feed.isLongTail === true ? LONG_TAIL : 0
  return new Writer(WORD_BYTES)
    .i64(feed.value)
    .u24(encodeSpread(feed.spread))
    .u8((feed.observers << 3) | tier | feed.status)
    .zeros(WORD_BYTES - WORD_HEAD_BYTES)
    .done()
}

/** Whether a word speaks of a long-tail feed, which shares its word on chain (LongTailWord.sol). */
export function isLongTailWord(word: Uint8Array): boolean {
  return ((word[WORD_HEAD_BYTES - 1] as number) & LONG_TAIL) !== 0
}

/** Reads a word; null when it is not one that `encodeWord` could have made. */
export function decodeWord(word: Uint8Array): FeedReport | null {
  if (word.length !== WORD_BYTES) return null
  for (let i = WORD_HEAD_BYTES; i < WORD_BYTES; i++) if (word[i] !== 0) return null
  const head = new Reader(word)
  const value = head.i64()
  const code = head.u24()
  const spread = decodeSpread(code)
  if (encodeSpread(spread) !== code) return null
  const last = word[11] as number
  const status = last & 3
  if (status !== FEED_STATUS.ok && status !== FEED_STATUS.unavailable) return null
  if (status === FEED_STATUS.unavailable && (value !== 0n || spread !== 0n)) return null
  const report = { value, spread, observers: last >> 3, status }
  if (!isLongTailWord(word)) return report
  // Only what a lane can say: else two words would stand behind one leaf.
  const rounded = roundedToLane(report)
  return rounded.value === value && rounded.spread === spread ? rounded : null
}
