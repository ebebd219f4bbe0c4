import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import {
  decodeLane,
  encodeLane,
  encodeLaneWord,
  roundedToLane,
} from '../../aggregator/report/lanes.ts'
import { decodeWord, encodeWord, INT64_MAX, INT64_MIN } from '../../aggregator/report/words.ts'
import { runs } from '../support/property.ts'

const report = fc.record({
  value: fc
    .bigInt({ min: INT64_MIN, max: INT64_MAX })
    .chain((value) => fc.integer({ min: 0, max: 63 }).map((shift) => value >> BigInt(shift))),
  spread: fc.bigInt({ min: 0n, max: INT64_MAX }),
  observers: fc.integer({ min: 0, max: 31 }),
  status: fc.constant(FEED_STATUS.ok),
})

const magnitude = (value: bigint) => (value < 0n ? -value : value)

describe('lanes of long-tail feeds', () => {
  test('a value lies less than 2^-27 of itself below what was observed', () => {
    fc.assert(
      fc.property(report, (feed) => {
        const { value } = roundedToLane(feed)
        expect(value <= feed.value).toBe(true)
        const lost = feed.value - value
        expect(lost === 0n || lost * 2n ** 27n < magnitude(feed.value)).toBe(true)
      }),
      runs(2_000),
    )
  })

  test('a spread is never less, and an eighth more at most, unless no code says it', () => {
    fc.assert(
      fc.property(report, (feed) => {
        const lane = encodeLane(feed)
        if (((lane >> 7n) & 255n) === 255n) return
        const unit = 1n << ((lane >> 15n) & 63n)
        const { spread } = roundedToLane(feed)
        expect(spread >= feed.spread).toBe(true)
        expect((spread - feed.spread) * 8n <= feed.spread + 9n * unit).toBe(true)
      }),
      runs(2_000),
    )
  })

  test('rounding twice is rounding once, and a word holds what a lane holds', () => {
    fc.assert(
      fc.property(report, (feed) => {
        const rounded = roundedToLane(feed)
        expect(roundedToLane(rounded)).toEqual(rounded)
        expect(decodeWord(encodeWord(rounded))).toEqual(rounded)
        expect({ ...decodeLane(encodeLane(feed)), isLongTail: true }).toEqual(rounded)
      }),
      runs(2_000),
    )
  })

  test('a word of a long-tail feed that no lane could say is none', () => {
    const exact = { value: 2n ** 40n + 1n, spread: 0n, observers: 4, status: FEED_STATUS.ok }
    expect(decodeWord(encodeWord(exact))).toEqual(exact)
    expect(decodeWord(encodeWord({ ...exact, isLongTail: true }))).toBeNull()
  })

  test('any bits are read to what they were made of, or to nothing', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 50n - 1n }), (lane) => {
        const read = decodeLane(lane)
        expect(read === null || encodeLane(read) === lane).toBe(true)
      }),
      runs(2_000),
    )
  })

  test('a word has 25 bytes, the first feed in front, empty lanes zero', () => {
    const one = { value: 1n, spread: 0n, observers: 0, status: FEED_STATUS.ok }
    const word = encodeLaneWord([one])
    expect(word).toHaveLength(25)
    expect([...word.subarray(7)].every((byte) => byte === 0)).toBe(true)
  })
})
