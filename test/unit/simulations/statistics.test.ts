import { describe, expect, test } from 'vitest'
import { createHistogram } from '../../../simulations/statistics/histogram.ts'
import { RoundStatistics } from '../../../simulations/statistics/round-statistics.ts'
import { Timeline } from '../../../simulations/statistics/timeline.ts'

describe('a histogram of durations', () => {
  test('knows the exact mean and largest, and quantiles to a tenth of a millisecond', () => {
    const histogram = createHistogram()
    for (let ms = 1; ms <= 100; ms++) histogram.add(ms * 1_000)
    expect(histogram.summary()).toEqual({
      count: 100,
      meanMs: 50.5,
      p50Ms: 50.1,
      p90Ms: 90.1,
      p99Ms: 99.1,
      maxMs: 100,
    })
  })

  test('says nothing of nothing', () => {
    expect(createHistogram().summary()).toMatchObject({ count: 0, meanMs: null, p99Ms: null })
    expect(createHistogram().cumulative(10)).toEqual([])
  })

  test('its curve rises from 0 to 1', () => {
    const histogram = createHistogram()
    for (const ms of [1, 2, 2, 30_000]) histogram.add(ms * 1_000)
    const shares = histogram.cumulative(100).map(({ share }) => share)
    expect(shares).toEqual([0, 0.25, 0.75, 1])
  })
})

describe('a timeline', () => {
  test('keeps every round of a run of a million in a thousand points', () => {
    const timeline = new Timeline()
    for (let round = 1; round <= 1_000_000; round++) {
      timeline.add({
        round,
        end: round % 1_000 === 0 ? 'lost' : 'fast',
        firstMs: 20,
        lastMs: round === 500_000 ? 90 : 30,
        value: round,
        honestLow: round - 1,
        honestHigh: round + 1,
        truth: round < 900_000 ? round : null,
      })
    }
    const { buckets } = timeline
    expect(buckets.length).toBeLessThanOrEqual(1_024)
    expect(buckets.reduce((sum, { rounds }) => sum + rounds, 0)).toBe(1_000_000)
    expect(buckets.reduce((sum, { lost }) => sum + lost, 0)).toBe(1_000)
    expect(buckets[0]).toMatchObject({ round: 1, honestLow: 0 })
    expect(buckets.at(-1)).toMatchObject({ honestHigh: 1_000_001, valueHigh: 1_000_000 })
    expect(Math.max(...buckets.map(({ lastMsMax }) => lastMsMax))).toBe(90)
    // A value that is one off a true price of one, below it negative.
    expect(buckets[0]).toMatchObject({ errorBpsLow: 0, honestBpsLow: -10_000 })
    expect(buckets.at(-1)).toMatchObject({ errorBpsHigh: null, honestBpsHigh: null })
  })
})

describe('statistics of rounds', () => {
  test('a member whose clock is ahead counts among the honest ones', () => {
    const statistics = new RoundStatistics({ unit: 1, firstRound: 1, lastRound: 1, truth: null })
    statistics.observe(1, 90n, 900)
    statistics.open(1, 1_000)
    statistics.observe(1, 100n, 1_100)
    const certificate = {}
    const certified = { round: 1, end: 'fast', of: certificate, value: () => 95n } as const
    statistics.certify({ ...certified, nowUs: 21_000 })
    statistics.certify({ ...certified, nowUs: 31_000 })
    statistics.open(3, 3_000)
    const { timeline, latencyMs } = statistics.figures()
    expect(timeline[0]).toMatchObject({ honestLow: 90, honestHigh: 100, firstMsSum: 20 })
    expect(timeline[0]).toMatchObject({ lastMsMax: 30 })
    // From the mean moment of both observations.
    expect(latencyMs.observed).toMatchObject({ meanMs: 25, maxMs: 30 })
  })

  test('what is said far ahead, or when a round is over, opens none', () => {
    const statistics = new RoundStatistics({ unit: 1, firstRound: 1, lastRound: 99, truth: null })
    statistics.open(5, 0)
    for (const round of [3, 7, 50]) statistics.observe(round, 1n, 0)
    for (let round = 6; round <= 52; round++) statistics.open(round, 0)
    const values = statistics.figures().timeline.flatMap(({ honestLow }) => honestLow ?? [])
    expect(values).toEqual([])
  })
})
