import { describe, expect, test } from 'vitest'
import { feedReportOf, inputsDigestOf, reportOf } from '../../../../aggregator/candidate/report.ts'
import { contextOf } from '../../../../aggregator/context.ts'
import { FEED_STATUS } from '../../../../aggregator/report/feed-report.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'
import { Forge } from '../../../support/forge.ts'

const test4 = testCommittee()
const context = contextOf(referenceCrypto, test4.committee)
const forge = new Forge(test4, context)
const pair = { expected: 0b1111, signing: 0b111 }
const observations = [0, 1, 2, 3].map((sender) => {
  const values = [[5n], [-7n], [null], [6n]][sender] ?? []
  return forge.observation({ round: 9, sender, pair, values, timestampMs: 4_500 + 3 * sender })
})

describe('what observations imply (protocol §6.3)', () => {
  test('value, spread and time are medians of what is present', () => {
    const report = reportOf(context, observations)
    expect(report.feeds).toEqual([{ value: 5n, spread: 1n, observers: 3, status: FEED_STATUS.ok }])
    // Of 4500, 4503, 4506, 4509: the mean of the middle two, floored.
    expect(report.timestampMs).toBe(4_504)
    expect(report.observers).toBe(0b1111)
  })

  test('fewer than 2f+1 values are unavailable, with the number that was present', () => {
    expect(feedReportOf(test4.committee, [5n, 6n])).toEqual({
      value: 0n,
      spread: 0n,
      observers: 2,
      status: FEED_STATUS.unavailable,
    })
  })

  test('of a long-tail feed, what a lane on chain can say', () => {
    const { committee } = test4
    const feeds = committee.params.feeds.map((feed) => ({ ...feed, tier: 'long-tail' as const }))
    const tail = { ...committee, params: { ...committee.params, feeds } }
    const precise = [0, 1, 2, 3].map((sender) =>
      forge.observation({ round: 10, sender, pair, values: [2n ** 40n + 1n], timestampMs: 5_000 }),
    )
    const { feeds: said } = reportOf(contextOf(referenceCrypto, tail), precise)
    expect(said).toMatchObject([{ value: 2n ** 40n, isLongTail: true }])
  })

  test('an even median of negative values floors', () => {
    const { value } = feedReportOf(test4.committee, [-1n, -2n, -2n, -1n])
    expect(value).toBe(-2n)
  })

  test('the same observations give the same report at once, other ones another', () => {
    const report = reportOf(context, observations)
    expect(reportOf(context, [...observations])).toBe(report)
    expect(reportOf(context, observations.slice(1)).digest).not.toEqual(report.digest)
  })

  test('the memo keeps eight rounds', () => {
    const fresh = contextOf(referenceCrypto, test4.committee)
    for (let round = 1; round <= 20; round++) {
      reportOf(fresh, [forge.observation({ round, sender: 0, pair })])
    }
    expect(fresh.reports.size).toBe(8)
    expect(fresh.reports.has(12)).toBe(false)
    expect(fresh.reports.has(13)).toBe(true)
  })

  test('the digest of inputs does not depend on their order', () => {
    const digests = observations.map((each) => each.digest)
    expect(inputsDigestOf(context, digests.toReversed())).toEqual(inputsDigestOf(context, digests))
    expect(inputsDigestOf(context, digests.slice(1))).not.toEqual(inputsDigestOf(context, digests))
  })
})
