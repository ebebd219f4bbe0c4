import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterEach, expect, test } from 'vitest'
import { sourceCommitment } from '../../aggregator/aggregation/source-commitment.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { FUTURE_VENUE_NAMES, PERPETUAL_VENUE_NAMES } from '../../node/sources/registry.ts'
import { configAt, DrivenEngine, FEEDS, FORWARD, FUNDING, SteppedTime } from '../support/venues.ts'

const START_MS = 1_790_000_000_000
/** As slow as the budget of the slowest venue wants. */
const POLL_MS = 3_000
const MINUTE_MS = 60_000

let open: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.toReversed()) await each.stop()
  open = []
})

async function scene(feed: FeedParams) {
  const time = new SteppedTime(START_MS)
  const market = await startMarketServer({ seed: 1, nowMs: time.nowMs })
  const driven = new DrivenEngine({ config: configAt(market), feeds: [...FEEDS, feed] }, time)
  open.push(market, driven.engine)
  await driven.engine.start()
  const look = () => {
    const sample = driven.engine.sampleFeeds(time.nowMs())
    const [value = null] = sample.values.slice(FEEDS.length)
    const [seen] = sample.feeds.slice(FEEDS.length)
    if (seen === undefined) throw new Error('the feed was asked for')
    return { sample, value, seen }
  }
  return { market, driven, time, look }
}

test('a node reads the funding of four venues, in four formats and two intervals', async () => {
  const { driven, look } = await scene(FUNDING)
  expect(look().seen).toMatchObject({ value: null, reason: 'SOURCES_TOO_FEW' })
  const values: number[] = []
  for (let minute = 0; minute < 8; minute++) {
    await driven.round(MINUTE_MS)
    const { seen, sample, value } = look()
    expect(seen.venues.map(({ venue, code }) => [venue, code])).toEqual(
      PERPETUAL_VENUE_NAMES.map((venue) => [venue, 'USED']),
    )
    const prices = seen.venues.map(({ price }) => Number(price) / 1e10)
    // A venue with half of the interval would be far away by half of the rate.
    for (const price of prices) expect(Math.abs(price - Number(value))).toBeLessThan(3_100)
    expect(sample.sourceCommitment).toEqual(sourceCommitment(keccak_256, sample.quotesUsed))
    values.push(Number(value))
  }
  // Eight draws around zero.
  expect(values.some((value) => value < 0)).toBe(true)
  expect(values.some((value) => value > 0)).toBe(true)
})

test('two silent venues of perpetuals cost the funding and not the prices', async () => {
  const { market, driven, look } = await scene(FUNDING)
  await driven.round(POLL_MS)
  const before = look().value
  market.setFault('bitmex-perpetuals', 'wrong-shape')
  for (let poll = 0; poll < 20; poll++) await driven.round(POLL_MS)
  const one = look()
  expect(one.seen.venues.map(({ code }) => code)).toContain('VENUE_SILENT')
  expect(one.value).not.toBeNull()
  expect(before).not.toBeNull()
  market.setFault('okx-perpetuals', 'html')
  for (let poll = 0; poll < 20; poll++) await driven.round(POLL_MS)
  const two = look()
  expect(two.seen).toMatchObject({ value: null, reason: 'SOURCES_TOO_FEW' })
  expect(two.sample.values.slice(0, 3)).not.toContain(null)
})

test('a node reads futures of four venues, converts one, and agrees with the carry', async () => {
  const { driven, look } = await scene(FORWARD)
  await driven.round(POLL_MS)
  const { sample, value, seen } = look()
  expect(seen.venues.map(({ venue, code }) => [venue, code])).toEqual(
    FUTURE_VENUE_NAMES.map((venue) => [venue, 'USED']),
  )
  const [spot = null] = sample.values
  // 6 % a year for thirty days, give or take what venues differ by.
  expect(Number(value) / Number(spot)).toBeGreaterThan(1.0045)
  expect(Number(value) / Number(spot)).toBeLessThan(1.0053)
  const used = sample.quotesUsed.filter(({ futures }) => futures !== undefined)
  expect(used.map(({ futures }) => futures?.length)).toEqual([2, 2, 2, 2])
  expect(sample.sourceCommitment).toEqual(sourceCommitment(keccak_256, sample.quotesUsed))
})

test('futures in a currency of which nobody knows the rate are left out', async () => {
  const { market, driven, look } = await scene(FORWARD)
  await driven.round(POLL_MS)
  for (const venue of ['kraken', 'coinbase'] as const) market.setFault(venue, 'html')
  for (let poll = 0; poll < 20; poll++) await driven.round(POLL_MS)
  const codes = look().seen.venues.map(({ venue, code }) => [venue, code])
  expect(codes).toContainEqual(['bybit-futures', 'CONVERSION_ABSENT'])
  expect(codes).toContainEqual(['deribit-futures', 'USED'])
  expect(look().value).not.toBeNull()
})

test('a tenor beyond the last expiry is a reason, and no end of the venue', async () => {
  const windowMs = 700 * 86_400_000
  const far = { ...FORWARD, derivation: { of: 'BTC/USD', windowMs, stepMs: null } }
  const { driven, look } = await scene(far)
  await driven.round(POLL_MS)
  expect(driven.codes.get('deribit-futures')).toEqual(['SOURCE_FORWARD_ABSENT'])
  expect(look().seen.reason).toBe('SOURCES_TOO_FEW')
})
