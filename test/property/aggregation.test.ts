import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SOURCE_STATE_START, sampleSources } from '../../aggregator/aggregation/node-value.ts'
import { judgeOutliers } from '../../aggregator/aggregation/outliers.ts'
import { cappedWeights, weightedMedian } from '../../aggregator/aggregation/weights.ts'
import { RULE_DEFAULTS } from '../../node/sources/defaults.ts'
import { bookOf, feedOf, NOW_MS, quoteOf, rulesOf, settingsOf } from '../support/quotes.ts'

const volume = fc.option(fc.bigInt({ min: 0n, max: 10n ** 30n }), { nil: null })

describe('capped weights', () => {
  test('nobody exceeds a cap that can hold, the order of volume is kept, nobody is at zero', () => {
    fc.assert(
      fc.property(
        fc.array(volume, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1_000, max: 4_999 }),
        (volumes, capBps) => {
          const weights = cappedWeights(volumes, capBps)
          const total = weights.reduce((sum, weight) => sum + weight, 0n)
          const allowed = Math.max(capBps, Math.ceil(10_000 / volumes.length))
          for (const weight of weights) {
            expect(weight > 0n).toBe(true)
            expect(weight * 10_000n <= total * BigInt(allowed)).toBe(true)
          }
          volumes.forEach((a, i) => {
            volumes.forEach((b, j) => {
              if (a === null || b === null || a <= 0n || b <= 0n || a > b) return
              expect((weights[i] ?? 0n) <= (weights[j] ?? 0n)).toBe(true)
            })
          })
        },
      ),
    )
  })

  test('with five venues and the default cap no two hold half, whatever volume they state', () => {
    fc.assert(
      fc.property(fc.array(volume, { minLength: 5, maxLength: 12 }), (volumes) => {
        const weights = cappedWeights(volumes, RULE_DEFAULTS.weightBpsMax)
        const total = weights.reduce((sum, weight) => sum + weight, 0n)
        const [first = 0n, second = 0n] = weights.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0))
        expect(2n * (first + second) < total).toBe(true)
      }),
    )
  })
})

describe('the weighted median', () => {
  const values = fc.array(
    fc.record({
      price: fc.bigInt({ min: 1n, max: 1_000n }),
      weight: fc.bigInt({ min: 1n, max: 20n }),
    }),
    { minLength: 1, maxLength: 12 },
  )

  test('is the median of each price repeated as often as its weight says', () => {
    fc.assert(
      fc.property(values, (weighted) => {
        const flat = weighted
          .flatMap(({ price, weight }) => Array<bigint>(Number(weight)).fill(price))
          .sort((a, b) => Number(a - b))
        const upper = flat[Math.floor(flat.length / 2)] ?? 0n
        const lower = flat[Math.floor((flat.length - 1) / 2)] ?? 0n
        expect(weightedMedian(weighted)).toBe((lower + upper) / 2n)
      }),
    )
  })
})

describe('the value of a node', () => {
  const venues = ['a', 'b', 'c', 'd', 'e']
  const honestMid = fc.integer({ min: 99_800, max: 100_200 })
  const liar = fc.record({
    mid: fc.integer({ min: 1, max: 10_000_000 }),
    baseVolume: volume,
  })

  test.each(['clamp', 'quarantine'] as const)(
    'given two lying venues of five and the rule to %s, then it stays in the honest range',
    (outlierRule) => {
      const legs = venues.map((venue) => ({ venue, market: 'BTC/USD', route: [] }))
      const settings = settingsOf({
        // Equal weights: two of five hold less than half whatever volume they claim.
        feeds: [feedOf({ legs, rules: rulesOf({ outlierRule, weightBpsMax: 2_000 }) })],
      })
      fc.assert(
        fc.property(
          fc.array(honestMid, { minLength: 3, maxLength: 3 }),
          fc.array(liar, { minLength: 0, maxLength: 2 }),
          fc.subarray(venues),
          (mids, liars, quarantined) => {
            const quotes = [
              ...mids.map((mid, index) => quoteOf({ mid, venue: venues[index] ?? '' })),
              ...liars.map((lie, index) => quoteOf({ ...lie, venue: venues[index + 3] ?? '' })),
            ]
            const state =
              quarantined.length === 0 ? SOURCE_STATE_START : new Map([['BTC/USD', quarantined]])
            const { feeds } = sampleSources(settings, {
              state,
              quotes: bookOf(quotes),
              nowMs: NOW_MS,
            })
            const value = feeds[0]?.value ?? null
            if (value === null) return
            expect(value >= BigInt(Math.min(...mids)) * 10n ** 8n).toBe(true)
            expect(value <= BigInt(Math.max(...mids)) * 10n ** 8n).toBe(true)
          },
        ),
      )
    },
  )
})

test('quarantine: who is out at the edge of the band needs half of it to come back', () => {
  const rules = { outlierRule: 'quarantine', outlierBps: 200 } as const
  fc.assert(
    fc.property(fc.integer({ min: 80_000, max: 120_000 }), fc.boolean(), (price, wasOut) => {
      const priced = [
        ...['a', 'b', 'c'].map((venue) => ({ venue, price: 100_000n })),
        { venue: 'd', price: BigInt(price) },
      ]
      const { quarantined } = judgeOutliers(rules, { priced, quarantined: wasOut ? ['d'] : [] })
      const distance = Math.abs(price - 100_000)
      expect(quarantined.includes('d')).toBe(wasOut ? distance >= 1_000 : distance > 2_000)
    }),
  )
})
