import { beforeEach, expect, test } from 'vitest'
import { encodeWord } from '../../../../aggregator/report/words.ts'
import { COMPARED_ROUNDS_MAX, OwnValues } from '../../../../aggregator/statistics/own-values.ts'
import { ok } from '../../../../contracts/testing/committee-box.ts'
import { BTC, testCommittee } from '../../../support/committee.ts'

const twap = { ...BTC, name: 'BTC/USD.TWAP', kind: 'twap', source: 'BTC/USD' } as const
const { committee } = testCommittee({ feeds: [BTC, { ...BTC, name: 'ETH/USD' }] })
const SPREAD = 10n

let own: OwnValues
beforeEach(() => {
  own = new OwnValues(committee)
})

/** The committee certifies 1,000,000 of both feeds in a round. */
function certifies(round: number): void {
  const word = encodeWord(ok(1_000_000n, SPREAD))
  own.certify({ round, words: [word, word] })
}

test('given values near and far, then distances are in basis points and far ones are outliers', () => {
  own.sampled(7, [1_000_100n, 1_000_000n])
  certifies(7)
  own.sampled(8, [1_010_000n, 1_000_000n])
  certifies(8)
  const [btc, eth] = own.figures()
  expect(btc).toEqual({
    feed: 0,
    absent: { count: 0, of: 2 },
    outliers: { count: 1, of: 2 },
    distanceBps: { p50: 1, p99: 100, max: 100 },
  })
  expect(eth?.distanceBps).toEqual({ p50: 0, p99: 0, max: 0 })
})

test('given no value where the committee had one, then the round counts as absent', () => {
  own.sampled(7, [null, 1_000_000n])
  certifies(7)
  expect(own.figures()[0]).toEqual({
    feed: 0,
    absent: { count: 1, of: 1 },
    outliers: { count: 0, of: 0 },
    distanceBps: null,
  })
})

test('given a round that was not sampled, or is certified twice, then it counts once or never', () => {
  certifies(6)
  own.sampled(7, [1_000_000n, 1_000_000n])
  certifies(7)
  certifies(7)
  expect(own.figures().map(({ absent }) => absent.of)).toEqual([1, 1])
})

test('given more rounds than are kept, then the newest count', () => {
  for (let round = 1; round <= COMPARED_ROUNDS_MAX + 1; round++) {
    own.sampled(round, [round === 1 ? null : 1_000_000n, null])
    certifies(round)
  }
  expect(own.figures()[0]?.absent).toEqual({ count: 0, of: COMPARED_ROUNDS_MAX })
})

test('given a feed that is derived from certificates, then rounds before its window do not count', () => {
  own = new OwnValues(testCommittee({ feeds: [BTC, twap] }).committee)
  own.sampled(7, [null, null])
  certifies(7)
  own.sampled(8, [1_000_000n, 1_010_000n])
  certifies(8)
  const [btc, average] = own.figures()
  expect(btc?.absent).toEqual({ count: 1, of: 2 })
  expect(average).toMatchObject({ absent: { count: 0, of: 1 }, distanceBps: { max: 100 } })
})
