import { describe, expect, test } from 'vitest'
import {
  clockByCertificates,
  isFeedOftenAbsent,
  isFeedOftenOutlying,
  isMemberOftenAbsent,
  isMemberOftenOutlying,
} from '../../../../aggregator/statistics/concerns.ts'

describe('a member gives reason to ask', () => {
  test.each([
    ['absent in a tenth of rounds', isMemberOftenAbsent, 10, false],
    ['absent in more', isMemberOftenAbsent, 11, true],
    ['with a twentieth of its values far off', isMemberOftenOutlying, 5, false],
    ['with more', isMemberOftenOutlying, 6, true],
  ])('%s', (_, isConcern, count, expected) => {
    expect(isConcern({ count, of: 100 })).toBe(expected)
  })
})

describe.each([
  ['absent', isFeedOftenAbsent],
  ['outlying', isFeedOftenOutlying],
])('a feed that is %s', (_, isConcern) => {
  test.each([
    [5, 100, false],
    [6, 100, true],
    [2, 20, true],
    [2, 19, false],
    [3, 3, true],
    [0, 0, false],
  ])('in %i of %i rounds: %s', (count, of, expected) => {
    expect(isConcern({ count, of })).toBe(expected)
  })
})

test.each([
  [{ min: -5, p50: 540 }, 'right'],
  [{ min: -6, p50: 30 }, 'behind'],
  [{ min: 30, p50: 541 }, 'ahead'],
])('certificates that come at ages of %o show a clock that is %s', (age, clock) => {
  const timing = { clockSkewMsMax: 5, roundMs: 500, voteMs: 40 }
  expect(clockByCertificates(age, timing)).toBe(clock)
})
