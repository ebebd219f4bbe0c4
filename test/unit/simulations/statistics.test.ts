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

  test('has no quantile above the largest', () => {
    const histogram = createHistogram()
    histogram.add(12_340)
    const { p50Ms, p99Ms, maxMs } = histogram.summary()
    expect([p50Ms, p99Ms, maxMs]).toEqual([12.34, 12.34, 12.34])
    expect(histogram.cumulative(10).at(-1)).toEqual({ ms: 12.34, share: 1 })
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

const OPTIONS = {
  unit: 1,
  feeds: ['A/USD', 'B/USD'],
  honest: 2,
  firstRound: 1,
  truth: null,
} as const

describe('statistics of rounds', () => {
  test('a round without a value is counted by feed, with what members said of it', () => {
    const statistics = new RoundStatistics({ ...OPTIONS, lastRound: 3 })
    const few = { feed: 1, reason: 'SOURCES_TOO_FEW', venues: ['QUOTE_ABSENT'] } as const
    const apart = { feed: 1, reason: 'SOURCES_DISAGREE', venues: [] } as const
    const certify = (round: number, unavailable: readonly number[]) => {
      const of = { value: () => 1n, unavailable: () => unavailable, of: {}, nowUs: 9 }
      statistics.certify({ round, end: 'fast', ...of })
    }
    statistics.open(1, 0)
    statistics.miss(1, [few])
    statistics.miss(1, [few])
    certify(1, [1])
    // What a later certificate of the round holds does not count.
    certify(1, [0, 1])
    statistics.open(2, 1)
    statistics.miss(2, [few])
    statistics.miss(2, [apart])
    certify(2, [1])
    statistics.open(3, 2)
    // One member alone had none here: the committee has a value.
    statistics.miss(3, [few])
    certify(3, [])
    for (const round of [4, 5]) statistics.open(round, 3)
    expect(statistics.figures().unavailable).toEqual({
      rounds: 2,
      feeds: [
        {
          feed: 'B/USD',
          rounds: 2,
          reasons: { SOURCES_DISAGREE: 1, SOURCES_TOO_FEW: 2 },
          venues: { QUOTE_ABSENT: 2 },
        },
      ],
    })
  })

  test('a member whose clock is ahead counts among the honest ones', () => {
    const statistics = new RoundStatistics({ ...OPTIONS, lastRound: 1 })
    statistics.observe(1, 90n, 900)
    statistics.open(1, 1_000)
    statistics.observe(1, 100n, 1_100)
    const certificate = {}
    const what = { value: () => 95n, unavailable: () => [] }
    const certified = { round: 1, end: 'fast', of: certificate, ...what } as const
    statistics.certify({ ...certified, nowUs: 21_000 })
    statistics.certify({ ...certified, nowUs: 31_000 })
    statistics.open(3, 3_000)
    const { timeline, latencyMs } = statistics.figures()
    expect(timeline[0]).toMatchObject({ honestLow: 90, honestHigh: 100, firstMsSum: 20 })
    expect(timeline[0]).toMatchObject({ lastMsMax: 30 })
    expect(latencyMs.last).toMatchObject({ count: 1, meanMs: 30, maxMs: 30 })
    // From the mean moment of both observations.
    expect(latencyMs.observed).toMatchObject({ meanMs: 25, maxMs: 30 })
  })

  test('what is said far ahead, or when a round is over, opens none', () => {
    const statistics = new RoundStatistics({ ...OPTIONS, lastRound: 99 })
    statistics.open(5, 0)
    for (const round of [3, 7, 50]) statistics.observe(round, 1n, 0)
    for (let round = 6; round <= 52; round++) statistics.open(round, 0)
    const values = statistics.figures().timeline.flatMap(({ honestLow }) => honestLow ?? [])
    expect(values).toEqual([])
  })

  test('who has no result is counted in rounds that have one, and in no latency', () => {
    const statistics = new RoundStatistics({ ...OPTIONS, lastRound: 2 })
    const certify = (round: number, nowUs: number) =>
      statistics.certify({
        round,
        nowUs,
        end: 'fast',
        of: {},
        value: () => 1n,
        unavailable: () => [],
      })
    statistics.open(1, 0)
    certify(1, 5_000)
    certify(1, 9_000)
    statistics.open(2, 100_000)
    certify(2, 107_000)
    // Nobody has one here, so nobody is without.
    statistics.open(3, 200_000)
    statistics.open(4, 300_000)
    // Two rounds later is too late.
    certify(2, 300_001)
    const { withoutResult, latencyMs } = statistics.figures()
    expect(withoutResult).toBe(0.25)
    expect(latencyMs.all.count).toBe(3)
    expect(latencyMs.last).toMatchObject({ count: 2, meanMs: 8 })
  })
})
