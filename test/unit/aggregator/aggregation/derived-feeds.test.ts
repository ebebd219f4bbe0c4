import { describe, expect, test } from 'vitest'
import { pastMsOf } from '../../../../aggregator/aggregation/derived-feeds.ts'
import type { FeedParams } from '../../../../aggregator/committee/params.ts'
import { problemsOf } from '../../../../aggregator/committee/params-check.ts'
import { encodeParams } from '../../../../aggregator/committee/params-codec.ts'
import { FEED_STATUS } from '../../../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../../../aggregator/report/words.ts'
import { toHex } from '../../../../aggregator/values/bytes.ts'
import { Cluster, type ClusterOptions } from '../../../support/cluster.ts'
import { BTC, testCommittee } from '../../../support/committee.ts'

const ROUND_MS = 500
const FIRST = 10
const AVERAGE: FeedParams = {
  ...BTC,
  name: 'BTC/USD.TWAP',
  kind: 'twap',
  derivation: { of: BTC.name, windowMs: 4_000, stepMs: null },
}
const REALIZED: FeedParams = {
  ...BTC,
  name: 'BTC/USD.RV',
  kind: 'realized-volatility',
  derivation: { of: BTC.name, windowMs: 4_000, stepMs: 1_000 },
}
const RATE: FeedParams = { ...BTC, name: 'USD.RATE', kind: 'fixed', valueMin: 5n, valueMax: 5n }
const FEEDS = [BTC, AVERAGE, REALIZED, RATE]
const PRICE = 100_000n

function run(options: Omit<ClusterOptions, 'test'>, rounds: number): Cluster {
  const cluster = new Cluster({ test: testCommittee({ feeds: FEEDS }), ...options })
  cluster.start((FIRST - 2) * ROUND_MS + 1)
  cluster.runTo((FIRST + rounds) * ROUND_MS - 1)
  return cluster
}

/** Certified values of a feed by round; null while unavailable. */
function certified(cluster: Cluster, feed: number): ReadonlyMap<number, bigint | null> {
  const values = new Map<number, bigint | null>()
  for (const { effect } of cluster.effectsOf('certified')) {
    const { round, words } = effect.certificate.message
    const report = decodeWord(words[feed] as Uint8Array)
    values.set(round, report?.status === FEED_STATUS.ok ? report.value : null)
  }
  return values
}

describe('feeds that nodes derive from their own certificates (protocol §6.1)', () => {
  // Certificates begin in round FIRST; a window of eight rounds is full at the ninth after it.
  const price = (round: number) => PRICE + BigInt(round % 3)

  test('the average is absent until the window is full, then exact and of all members alike', () => {
    const cluster = run({ observes: (_, round) => price(round) }, 20)
    const values = certified(cluster, 1)
    for (let round = FIRST; round < FIRST + 20; round++) {
      const before = Array.from({ length: 8 }, (_, back) => price(round - 8 + back))
      const mean = before.reduce((sum, each) => sum + each, 0n) / 8n
      expect([round, values.get(round)]).toEqual([round, round < FIRST + 8 ? null : mean])
    }
    const word = cluster.effectsOf('certified').at(-1)?.effect.certificate.message.words[1]
    expect(decodeWord(word as Uint8Array)).toMatchObject({ observers: 4, spread: 0n })
  })

  test('a liar about the price moves no average, and a fixed feed is what was agreed', () => {
    const cluster = run({ observes: (member) => (member === 0 ? 1n : PRICE) }, 12)
    expect(certified(cluster, 1).get(FIRST + 11)).toBe(PRICE)
    expect(certified(cluster, 3).get(FIRST)).toBe(5n)
  })

  test('realized volatility is absent until full, then zero for a price that stands', () => {
    const bounds = { ...REALIZED, valueMin: 0n }
    const feeds = [BTC, AVERAGE, bounds, RATE]
    const cluster = new Cluster({ test: testCommittee({ feeds }), observes: () => PRICE })
    cluster.start((FIRST - 2) * ROUND_MS + 1)
    cluster.runTo((FIRST + 14) * ROUND_MS - 1)
    const values = certified(cluster, 2)
    expect(values.get(FIRST + 7)).toBe(null)
    expect(values.get(FIRST + 13)).toBe(0n)
  })

  test.each([
    ['empty', false],
    ['kept', true],
  ] as const)('after a restart with its disk %s a member knows the average: %s', (disk, knows) => {
    const cluster = run({ observes: (_, round) => price(round) }, 12)
    cluster.restart(2, disk)
    cluster.runTo((FIRST + 16) * ROUND_MS - 1)
    const own = cluster.machines[2]?.state.rounds.get(FIRST + 15)?.observations[2]
    expect(own).toBeDefined()
    expect(own?.message.values[1] !== null).toBe(knows)
    // The others still certify it.
    expect(certified(cluster, 1).get(FIRST + 15)).not.toBe(null)
  })

  test('a gap of more than a quarter of the window makes it absent until it is full again', () => {
    const observes = (_: number, round: number) =>
      round >= FIRST + 10 && round < FIRST + 13 ? null : PRICE
    const values = certified(run({ observes }, 30), 1)
    expect(values.get(FIRST + 10)).toBe(PRICE)
    expect(values.get(FIRST + 14)).toBe(null)
    expect(values.get(FIRST + 20)).toBe(null)
    expect(values.get(FIRST + 21)).toBe(PRICE)
  })
})

describe('parameters of derived feeds (protocol §3)', () => {
  const params = (...feeds: readonly FeedParams[]) => testCommittee({ feeds }).committee.params
  const problems = (...feeds: readonly FeedParams[]) =>
    problemsOf(params(...feeds)).map(({ path }) => path)
  const average = { of: BTC.name, windowMs: 1_800_000, stepMs: null }

  test('are sound as they should be written, and half an hour is remembered with its gap', () => {
    const feeds = [BTC, { ...AVERAGE, derivation: average }, REALIZED, RATE]
    expect(problems(...feeds)).toEqual([])
    expect(pastMsOf(feeds)).toBe(1_800_000 + 450_000)
    expect(pastMsOf([BTC, RATE])).toBe(null)
  })

  test.each<readonly [string, FeedParams, string]>([
    ['an average of nothing', { ...BTC, name: 'X', kind: 'twap' }, 'feeds[1].derivation'],
    ['a market price of another', { ...AVERAGE, kind: 'spot' }, 'feeds[1].derivation'],
    [
      'an average of a stranger',
      { ...AVERAGE, derivation: { ...average, of: 'ETH/USD' } },
      'feeds[1].derivation.of',
    ],
    [
      'an average of itself',
      { ...AVERAGE, derivation: { ...average, of: AVERAGE.name } },
      'feeds[1].derivation.of',
    ],
    [
      'a window of three rounds',
      { ...AVERAGE, derivation: { ...average, windowMs: 1_500 } },
      'feeds[1].derivation.windowMs',
    ],
    [
      'a window of a month',
      { ...AVERAGE, derivation: { ...average, windowMs: 2_592_000_000 } },
      'feeds[1].derivation.windowMs',
    ],
    [
      'an average on a grid',
      { ...AVERAGE, derivation: { ...average, stepMs: 1_000 } },
      'feeds[1].derivation.stepMs',
    ],
    ['an average in other decimals', { ...AVERAGE, decimals: 6 }, 'feeds[1].decimals'],
    [
      'a volatility without a grid',
      { ...REALIZED, derivation: { ...average, windowMs: 4_000 } },
      'feeds[1].derivation.stepMs',
    ],
    [
      'a window between two points of the grid',
      { ...REALIZED, derivation: { of: BTC.name, windowMs: 4_500, stepMs: 1_000 } },
      'feeds[1].derivation.windowMs',
    ],
    ['a fixed feed with two values', { ...RATE, valueMax: 6n }, 'feeds[1].valueMax'],
  ])('%s is named', (_, feed, path) => {
    expect(problems(BTC, feed)).toContain(path)
  })

  test('every one of them is in the digest', () => {
    const bytes = (derivation: FeedParams['derivation']) =>
      toHex(
        encodeParams(params(BTC, { ...REALIZED, ...(derivation !== undefined && { derivation }) })),
      )
    const plain = { of: BTC.name, windowMs: 4_000, stepMs: 1_000 }
    const all = [
      plain,
      { ...plain, of: 'BTC/USE' },
      { ...plain, windowMs: 5_000 },
      { ...plain, stepMs: 2_000 },
    ].map(bytes)
    expect(new Set(all).size).toBe(all.length)
  })
})
