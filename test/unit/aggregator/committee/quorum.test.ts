import { describe, expect, test } from 'vitest'
import {
  faultyMax,
  observationQuorumOf,
  signingThresholdOf,
} from '../../../../aggregator/committee/quorum.ts'

const COMMITTEES = Array.from({ length: 28 }, (_, index) => 4 + index).flatMap((n) =>
  Array.from({ length: faultyMax(n) + 1 }, (_, f) => [n, f] as const),
)

describe('quorums (protocol §1.4)', () => {
  test.each(COMMITTEES)('n = %i, f = %i keeps every inequality', (n, f) => {
    const t = signingThresholdOf(n, f)
    expect(t).toBeLessThanOrEqual(n - f)
    expect(2 * t - n).toBeGreaterThanOrEqual(f + 1)
    expect(t - f).toBeGreaterThanOrEqual(f + 1)
    expect(observationQuorumOf(f)).toBeLessThanOrEqual(n - f)
  })

  test.each([
    [4, 1, 3, 3],
    [5, 1, 3, 4],
    [7, 2, 5, 5],
    [31, 10, 21, 21],
  ])('n = %i: f = %i, quorum %i, threshold %i', (n, f, quorum, threshold) => {
    expect(faultyMax(n)).toBe(f)
    expect(observationQuorumOf(f)).toBe(quorum)
    expect(signingThresholdOf(n, f)).toBe(threshold)
  })

  test.each([2, 3])('n = %i without faults still signs with two (§1.1)', (n) => {
    expect(faultyMax(n)).toBe(0)
    expect(signingThresholdOf(n, 0)).toBe(2)
  })
})
