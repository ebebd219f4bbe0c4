import { expect, test } from 'vitest'
import { derivedFeedsOf, rememberWords } from '../../../../aggregator/aggregation/derived-feeds.ts'
import { openingOf } from '../../../../aggregator/committee/committee.ts'
import { ok } from '../../../../contracts/testing/committee-box.ts'
import { FollowBook } from '../../../../node/dry-run/follow-book.ts'
import { certifier } from '../../../support/certificates.ts'
import { BTC } from '../../../support/committee.ts'

const ROUNDS = 4
const AVERAGE = {
  ...{ ...BTC, name: 'BTC/USD.TWAP', kind: 'twap' as const },
  derivation: { of: BTC.name, windowMs: 2_000, stepMs: null },
}
const { context, certify } = certifier({ feeds: [BTC, AVERAGE] })
const { committee } = context
const { feeds } = committee.params

/** A dry run whose venues say 1,000, as far as rounds and certificates go. */
function follow(certified: { readonly average: bigint }) {
  const derived = derivedFeedsOf(feeds)
  const sampled = { values: [1_000n, null], sourceCommitment: new Uint8Array(32) }
  const sources = { sampleFeeds: () => sampled }
  const book = new FollowBook(committee, { sources, derived: () => derived })
  for (let round = 1; round <= 3 * ROUNDS; round++) {
    const certificate = certify(round, [ok(1_000n, 1n), ok(certified.average, 1n)])
    const openedMs = openingOf(committee, round)
    const received = { nowMs: openedMs, message: certificate, origin: 'peer' } as const
    book.onEvent({ type: 'received', ...received })
    rememberWords(derived, { feeds, openedMs, words: certificate.message.words })
    book.onEffect({ type: 'certified', certificate, path: 'fast' })
  }
  return book.feeds()
}

test('given an average as its certificates make it, then it is compared after its window', () => {
  const [btc, average] = follow({ average: 1_000n })
  expect(btc?.absent).toEqual({ count: 0, of: 3 * ROUNDS })
  expect(average?.feed).toBe('BTC/USD.TWAP')
  expect(average?.absent.count).toBe(0)
  expect(average?.absent.of).toBe(2 * ROUNDS)
  expect(average?.distanceBps?.max).toBe(0)
})

test('given an average that the committee certifies otherwise, then it is far off', () => {
  const [, average] = follow({ average: 1_100n })
  expect(average?.distanceBps?.p50).toBe(909)
  expect(average?.outliers).toEqual({ count: 2 * ROUNDS, of: 2 * ROUNDS })
})
