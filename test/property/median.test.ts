import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  medianFloor,
  medianFloorNumbers,
  spreadAround,
} from '../../aggregator/aggregation/median.ts'

const price = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const nearby = fc.bigInt({ min: -5n, max: 5n })
const prices = (lengthMax: number) =>
  fc.array(fc.oneof(price, nearby), { minLength: 1, maxLength: lengthMax })

/** Rank by counting, without sorting: the value that has `rank` values before it. */
function valueAtRank(values: readonly bigint[], rank: number): bigint {
  for (const candidate of values) {
    const below = values.filter((value) => value < candidate).length
    const equal = values.filter((value) => value === candidate).length
    if (below <= rank && rank < below + equal) return candidate
  }
  throw new Error('no value has this rank')
}

/** Sum of the two middle values, by counting. */
function middleSum(values: readonly bigint[]): bigint {
  const half = Math.floor(values.length / 2)
  const lower = values.length % 2 === 1 ? half : half - 1
  return valueAtRank(values, lower) + valueAtRank(values, half)
}

/** Floor of half a sum, by definition: the largest integer whose double is not above it. */
function halfDown(sum: bigint): bigint {
  const truncated = sum / 2n
  return truncated * 2n > sum ? truncated - 1n : truncated
}

const magnitude = (value: bigint) => (value < 0n ? -value : value)

describe('the median against a model that counts instead of sorting', () => {
  test.each([31, 80])('medianFloor agrees for up to %i values', (lengthMax) => {
    fc.assert(
      fc.property(prices(lengthMax), (values) => {
        expect(medianFloor(values)).toBe(halfDown(middleSum(values)))
      }),
    )
  })

  test('spreadAround agrees and is never negative', () => {
    fc.assert(
      fc.property(prices(31), price, (values, centre) => {
        const sum = middleSum(values.map((value) => magnitude(value - centre)))
        expect(spreadAround(values, centre)).toBe(-halfDown(-sum))
      }),
    )
  })

  test('medianFloorNumbers agrees with medianFloor on timestamps', () => {
    const timestamp = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(fc.array(timestamp, { minLength: 1, maxLength: 80 }), (values) => {
        expect(BigInt(medianFloorNumbers(values))).toBe(medianFloor(values.map(BigInt)))
      }),
    )
  })
})

describe('with at most f liars', () => {
  const committees = Array.from({ length: 28 }, (_, i) => i + 4)

  test.each(committees)('given n = %i, then the median lies within the honest range', (n) => {
    const f = Math.floor((n - 1) / 3)
    const scene = fc
      .integer({ min: 2 * f + 1, max: n })
      .chain((present) =>
        fc.record({
          liars: fc.array(price, { maxLength: f }),
          present: fc.constant(present),
        }),
      )
      .chain(({ liars, present }) =>
        fc.record({
          liars: fc.constant(liars),
          honest: fc.array(price, {
            minLength: present - liars.length,
            maxLength: present - liars.length,
          }),
        }),
      )
    fc.assert(
      fc.property(scene, ({ liars, honest }) => {
        const median = medianFloor([...liars, ...honest])
        expect(honest.some((value) => value <= median)).toBe(true)
        expect(honest.some((value) => value >= median)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})
