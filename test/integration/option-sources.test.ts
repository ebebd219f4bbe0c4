import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterEach, expect, test } from 'vitest'
import { sourceCommitment } from '../../aggregator/aggregation/source-commitment.ts'
import type { MarketServer } from '../../node/devnet/market/server.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { OPTION_VENUE_NAMES } from '../../node/sources/registry.ts'
import { configAt, DrivenEngine, FEEDS, IMPLIED, SteppedTime } from '../support/venues.ts'

const START_MS = 1_790_000_000_000
/** The slowest that the budget of an option venue allows. */
const POLL_MS = 2_500

let open: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.toReversed()) await each.stop()
  open = []
})

async function scene() {
  const time = new SteppedTime(START_MS)
  const market: MarketServer = await startMarketServer({ seed: 1, nowMs: time.nowMs })
  const driven = new DrivenEngine({ config: configAt(market), feeds: [...FEEDS, IMPLIED] }, time)
  open.push(market, driven.engine)
  await driven.engine.start()
  const implied = () => {
    const sample = driven.engine.sampleFeeds(time.nowMs())
    return { sample, value: sample.values[3] ?? null, feed: sample.feeds[3] }
  }
  return { market, driven, time, implied }
}

test('a node reads the volatility of three option venues, in three formats', async () => {
  const { driven, implied } = await scene()
  expect(implied().feed).toMatchObject({ value: null, reason: 'SOURCES_TOO_FEW' })
  await driven.round(POLL_MS)
  const { sample, value, feed } = implied()
  expect(feed?.venues.map(({ venue, code }) => [venue, code])).toEqual(
    OPTION_VENUE_NAMES.map((venue) => [venue, 'USED']),
  )
  // At the money options cost 55 % give or take 0.8; the smile and the steps of strikes add to it.
  expect(Number(value) / 1e8).toBeGreaterThan(0.54)
  expect(Number(value) / 1e8).toBeLessThan(0.59)
  const used = sample.quotesUsed.filter(({ options }) => options !== undefined)
  expect(used.map(({ venue }) => venue)).toEqual([...OPTION_VENUE_NAMES].sort())
  for (const { options } of used) expect(options?.length).toBeGreaterThan(40)
  expect(sample.sourceCommitment).toEqual(sourceCommitment(keccak_256, sample.quotesUsed))
})

test('a fault costs one venue and has its code; two cost the feed and not the others', async () => {
  const { market, driven, implied } = await scene()
  await driven.round(POLL_MS)
  const before = implied().value
  market.setFault('deribit-options', 'wrong-shape')
  for (let poll = 0; poll < 20; poll++) await driven.round(POLL_MS)
  expect(driven.codes.get('deribit-options')?.at(-1)).toBe('SOURCE_CIRCUIT_OPEN')
  expect(driven.codes.get('deribit-options')).toContain('SOURCE_ANSWER_UNEXPECTED')
  const one = implied()
  expect(one.feed?.venues[0]?.code).toBe('VENUE_SILENT')
  expect(Number(one.value) / Number(before)).toBeCloseTo(1, 1)
  market.setFault('okx-options', 'html')
  for (let poll = 0; poll < 20; poll++) await driven.round(POLL_MS)
  const two = implied()
  expect(two.feed).toMatchObject({ value: null, reason: 'SOURCES_TOO_FEW' })
  expect(two.sample.values.slice(0, 3)).not.toContain(null)
})

test('a chain without the expiries of a tenor is a reason, and no end of the venue', async () => {
  const { market, time } = await scene()
  const decade = {
    ...IMPLIED,
    derivation: { of: 'BTC/USD', windowMs: 63_000_000_000, stepMs: null },
  }
  const driven = new DrivenEngine({ config: configAt(market), feeds: [...FEEDS, decade] }, time)
  open.push(driven.engine)
  await driven.engine.start()
  await driven.round(POLL_MS)
  expect(driven.codes.get('okx-options')).toEqual(['SOURCE_VOLATILITY_ABSENT'])
  expect(driven.log.lines).toContainEqual({
    level: 'warn',
    event: 'source.venue.failed',
    fields: expect.objectContaining({
      venue: 'okx-options',
      code: 'SOURCE_VOLATILITY_ABSENT',
      detail: 'BTC.IV30: EXPIRIES_ABSENT',
    }),
  })
})
