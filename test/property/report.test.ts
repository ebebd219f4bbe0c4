import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { feedReportOf, reportOf } from '../../aggregator/candidate/report.ts'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { contextOf } from '../../aggregator/context.ts'
import type { Observation, Verified } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { INT64_MAX, INT64_MIN } from '../../aggregator/report/words.ts'
import { referenceCrypto, testCommittee } from '../support/committee.ts'
import { runs } from '../support/property.ts'

const COMMITTEES = [4, 5, 7, 16, 31].map((size) => testCommittee({ size }).committee)
const price = fc.bigInt({ min: INT64_MIN, max: INT64_MAX })
const near = fc.bigInt({ min: -3n, max: 3n })

/** A committee, honest values of at least 2f+1 − f members, and up to f values of liars. */
const world = fc.constantFrom(...COMMITTEES).chain((committee) => {
  const f = faultyMax(committee.size)
  return fc.record({
    committee: fc.constant(committee),
    honest: fc.array(fc.oneof(price, near), { minLength: f + 1, maxLength: committee.size - f }),
    lies: fc.array(price, { maxLength: f }),
  })
})

const smallest = (values: readonly bigint[]) => values.reduce((a, b) => (a < b ? a : b))
const largest = (values: readonly bigint[]) => values.reduce((a, b) => (a > b ? a : b))

describe('validity (protocol §6.3, S1)', () => {
  test('whatever up to f members say, an available value lies within what honest ones observed', () => {
    fc.assert(
      fc.property(world, ({ committee, honest, lies }) => {
        const values = [...lies, ...honest]
        const report = feedReportOf(committee, values)
        expect(report.observers).toBe(values.length)
        if (values.length < committee.observationQuorum) {
          expect(report).toMatchObject({ value: 0n, spread: 0n, status: FEED_STATUS.unavailable })
          return
        }
        expect(report.status).toBe(FEED_STATUS.ok)
        expect(report.value >= smallest(honest) && report.value <= largest(honest)).toBe(true)
      }),
      runs(2_000),
    )
  })

  test('the order of observations’ values means nothing', () => {
    fc.assert(
      fc.property(world, ({ committee, honest, lies }) => {
        const one = feedReportOf(committee, [...lies, ...honest])
        expect(feedReportOf(committee, [...honest.toReversed(), ...lies])).toEqual(one)
      }),
      runs(500),
    )
  })

  test('the time of a report lies within the honest ones too', () => {
    const context = contextOf(referenceCrypto, testCommittee({ size: 4 }).committee)
    const moment = fc.integer({ min: 0, max: 2 ** 48 })
    let round = 0
    fc.assert(
      fc.property(fc.tuple(moment, moment, moment), moment, (honest, lie) => {
        round += 1
        const observations = [...honest, lie].map(
          (timestampMs, sender) =>
            ({
              message: { round, sender, timestampMs, values: [1n] },
            }) as unknown as Verified<Observation>,
        )
        const { timestampMs } = reportOf(context, observations)
        expect(timestampMs).toBeGreaterThanOrEqual(Math.min(...honest))
        expect(timestampMs).toBeLessThanOrEqual(Math.max(...honest))
      }),
      runs(300),
    )
  })
})
