import { describe, expect, test } from 'vitest'
import { cappedWeights, weightedMedian } from '../../../../aggregator/aggregation/weights.ts'

const sharesBps = (weights: readonly bigint[]) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  return weights.map((weight) => Number((weight * 10_000n) / total))
}

describe('cappedWeights', () => {
  test('given nobody above the cap, then weights follow volume', () => {
    expect(sharesBps(cappedWeights([30n, 30n, 40n], 4_000))).toEqual([3_000, 3_000, 4_000])
  })

  test('given one giant, then it is cut to the cap and the others keep their ratio', () => {
    expect(sharesBps(cappedWeights([1_000_000n, 30n, 20n, 10n], 4_000))).toEqual([
      4_000, 3_000, 2_000, 1_000,
    ])
  })

  test('given two giants, then both are cut', () => {
    expect(sharesBps(cappedWeights([10n ** 30n, 10n ** 29n, 5n, 5n], 4_000))).toEqual([
      4_000, 4_000, 1_000, 1_000,
    ])
  })

  test('given a cap that cannot hold, then all weigh the same', () => {
    expect(cappedWeights([1_000n, 1n], 4_000)).toEqual([1n, 1n])
  })

  test('given no volume from one venue, then it weighs as little as the smallest', () => {
    expect(sharesBps(cappedWeights([40n, null, 30n, 10n, 0n], 5_000))).toEqual([
      4_000, 1_000, 3_000, 1_000, 1_000,
    ])
  })

  test('given no volume at all, then all weigh the same', () => {
    expect(cappedWeights([null, 0n, null], 4_000)).toEqual([1n, 1n, 1n])
  })
})

describe('weightedMedian', () => {
  test('goes where half of the weight is', () => {
    const values = [
      { price: 300n, weight: 10n },
      { price: 100n, weight: 60n },
      { price: 200n, weight: 40n },
    ]
    expect(weightedMedian(values)).toBe(100n)
  })

  test('on exactly half takes the floor of the mean of both sides', () => {
    expect(
      weightedMedian([
        { price: 101n, weight: 5n },
        { price: 100n, weight: 5n },
        { price: 999n, weight: 0n },
      ]),
    ).toBe(100n)
  })
})
