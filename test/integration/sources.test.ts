import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sourceCommitment } from '../../aggregator/aggregation/source-commitment.ts'
import { sourcesPort } from '../../node/compose/sources-port.ts'
import type { Fault } from '../../node/devnet/market/faults.ts'
import { FAULTS } from '../../node/devnet/market/faults.ts'
import { honestRange } from '../../node/devnet/market/range.ts'
import type { MarketServer } from '../../node/devnet/market/server.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { configAt, DrivenEngine, dollars, FEEDS, SteppedTime } from '../support/venues.ts'

const START_MS = 1_760_000_000_000

interface Scene {
  readonly market: MarketServer
  readonly driven: DrivenEngine
  readonly time: SteppedTime
}

let open: { stop: () => Promise<void> }[] = []
beforeEach(() => {
  open = []
})
afterEach(async () => {
  for (const each of open.toReversed()) await each.stop()
})

async function scene(
  options: Partial<Parameters<typeof startMarketServer>[0]> & {
    readonly impatient?: Parameters<typeof configAt>[1]
  } = {},
): Promise<Scene> {
  const { impatient, ...rest } = options
  const time = new SteppedTime(START_MS)
  const market = await startMarketServer({ seed: 1, nowMs: time.nowMs, ...rest })
  const driven = new DrivenEngine({ config: configAt(market, impatient) }, time)
  open.push(market, driven.engine)
  await driven.engine.start()
  return { market, driven, time }
}

/** The range of honest venues over as long as a quote of theirs may be held. */
function rangeOf({ market, time }: Scene, feed: string) {
  const untilMs = time.nowMs()
  const range = honestRange(market.model, { market: feed, fromMs: untilMs - 6_000, untilMs })
  return { min: dollars(range?.min), max: dollars(range?.max) }
}

describe('the engine against the market server', () => {
  test('has no value before the first answers and one for every feed after them', async () => {
    const { driven, time } = await scene()
    const before = driven.engine.sampleFeeds(time.nowMs())
    expect(before.values).toEqual([null, null, null])
    expect(before.feeds.map(({ reason }) => reason)).toEqual(Array(3).fill('SOURCES_TOO_FEW'))
    expect(before.sourceCommitment).toEqual(new Uint8Array(32))
    await driven.round(1_000)
    const after = driven.engine.sampleFeeds(time.nowMs())
    expect(after.values.every((value) => value !== null)).toBe(true)
    expect(after.feeds[0]?.venues.map(({ code }) => code)).toEqual(Array(5).fill('USED'))
    expect(after.conversions[0]?.rate.type).toBe('known')
    expect(after.quotesUsed).toHaveLength(18)
    expect(after.sourceCommitment).toEqual(sourceCommitment(keccak_256, after.quotesUsed))
  })

  test('hashes quotes when they arrive: a sample costs the leaves and nodes of a tree', async () => {
    const { driven, time } = await scene()
    await driven.round(1_000)
    const before = driven.hashes
    const { quotesUsed } = driven.engine.sampleFeeds(time.nowMs())
    expect(driven.hashes - before).toBe(2 * quotesUsed.length - 1)
  })

  test('given a spike and a silence, then every value stays in the honest range', async () => {
    const incidents = [
      { kind: 'spike', venue: 'okx', fromMs: 5_000, untilMs: 15_000, bps: 2_000 },
      { kind: 'silent', venue: 'bitstamp', fromMs: 8_000, untilMs: 20_000 },
    ] as const
    const here = await scene({ incidents, impatient: { bitstamp: 400 } })
    const { driven, time } = here
    const seen = new Set<string>()
    for (let second = 1; second <= 40; second++) {
      await driven.round(1_000)
      const sample = driven.engine.sampleFeeds(time.nowMs())
      for (const { feed, value, venues } of sample.feeds) {
        const { min, max } = rangeOf(here, feed)
        expect({ feed, second, inside: value !== null && value >= min && value <= max }).toEqual({
          feed,
          second,
          inside: true,
        })
        for (const { venue, code } of venues) seen.add(`${venue} ${code}`)
      }
    }
    expect(seen).toContain('okx QUARANTINED')
    expect(seen).toContain('bitstamp VENUE_SILENT')
    const end = driven.engine.sampleFeeds(time.nowMs())
    expect(end.feeds[0]?.venues.map(({ code }) => code)).toEqual(Array(5).fill('USED'))
  })

  test('given a frozen venue with a clock, then it goes stale although it answers', async () => {
    const incidents = [
      { kind: 'frozen', venue: 'binance', fromMs: 2_000, untilMs: 80_000_000 },
      // Kraken gives no time: only its repetition shows.
      { kind: 'frozen', venue: 'kraken', fromMs: 2_000, untilMs: 80_000_000 },
    ] as const
    const { driven, time } = await scene({ incidents })
    for (let step = 0; step < 14; step++) await driven.round(5_000)
    const { feeds } = driven.engine.sampleFeeds(time.nowMs())
    expect(feeds[0]?.venues.map(({ venue, code }) => [venue, code])).toEqual([
      ['binance', 'QUOTE_STALE'],
      ['coinbase', 'USED'],
      ['kraken', 'QUOTE_STALE'],
      ['bitstamp', 'USED'],
      ['okx', 'USED'],
    ])
  })

  test('given a venue that fell silent, then its age is shown with the reason', async () => {
    const { market, driven, time } = await scene()
    const { shown } = sourcesPort({ feeds: FEEDS, engine: driven.engine, clock: time })
    const rows = () => shown.quotes().filter(({ feed }) => feed === 'BTC/USD')
    expect(rows().map(({ ageMs }) => ageMs)).toEqual(Array(5).fill(null))
    await driven.round(1_000)
    market.setFault('okx', 'html')
    for (let step = 0; step < 4; step++) await driven.round(15_000)
    const [binance, okx] = ['binance', 'okx'].map((name) =>
      rows().find((row) => row.venue === name),
    )
    expect(binance).toMatchObject({ state: 'used', code: null, ageMs: 0 })
    expect(okx).toMatchObject({ state: 'absent', code: 'VENUE_SILENT', ageMs: 60_000 })
  })

  test('given two venues left of five, then the feed is absent and not an average', async () => {
    const { market, driven, time } = await scene()
    for (const venue of ['binance', 'coinbase', 'okx'] as const) market.setFault(venue, 'html')
    await driven.round(1_000)
    const { feeds } = driven.engine.sampleFeeds(time.nowMs())
    expect(feeds[0]).toMatchObject({ value: null, reason: 'SOURCES_TOO_FEW' })
  })

  test('keeps the rate budget of a venue whatever the configuration says', async () => {
    const { market, driven } = await scene()
    for (let step = 0; step < 20; step++) await driven.round(1_000)
    // One request for all four markets, and twenty polls in twenty seconds.
    expect(market.requestsOf('kraken')).toBeLessThanOrEqual(21)
    expect(market.requestsOf('coinbase')).toBeLessThanOrEqual(84)
  })

  test('given a venue that keeps a request open, then stop does not wait for it', async () => {
    const { market, driven, time } = await scene()
    market.setFault('okx', 'nothing')
    time.advance(1_000)
    while (market.requestsOf('okx') < 2) await new Promise(setImmediate)
    await driven.engine.stop()
    expect(driven.codes.get('okx')).toBeUndefined()
  })

  test('given another configuration while it runs, then no value is missing', async () => {
    const { market, driven, time } = await scene()
    await driven.round(1_000)
    const { venues, ...rest } = configAt(market)
    const kraken = { ...venues.kraken, enabled: false }
    const okx = { ...venues.okx, timeoutMs: venues.okx.timeoutMs + 1 }
    driven.engine.prepare({ ...rest, venues: { ...venues, kraken, okx } })()
    const sample = driven.engine.sampleFeeds(time.nowMs())
    expect(sample.values.every((value) => value !== null)).toBe(true)
    expect(sample.feeds[0]?.venues.map(({ venue }) => venue)).not.toContain('kraken')
    const states = driven.engine.venues().map(({ venue, code }) => [venue, code])
    // Those that changed are begun anew and have not answered; the others were never ended.
    expect(Object.fromEntries(states)).toEqual({
      ...{ binance: 'ok', coinbase: 'ok', bitstamp: 'ok' },
      okx: null,
    })
    const asked = market.requestsOf('kraken')
    time.advance(1_000)
    await driven.polled('okx', 2)
    await driven.polled('binance', 2)
    expect(market.requestsOf('kraken')).toBe(asked)
    driven.engine.prepare(configAt(market))()
    time.advance(1_000)
    await driven.polled('kraken', 2)
    expect(driven.engine.sampleFeeds(time.nowMs()).feeds[0]?.venues).toHaveLength(5)
  })

  test('given a venue that is asked elsewhere or by another symbol, then its quotes are gone', async () => {
    const { market, driven } = await scene()
    await driven.round(1_000)
    const { venues, ...rest } = configAt(market)
    const binance = { ...venues.binance, streamUrl: 'ws://127.0.0.1:1/' }
    const kraken = { ...venues.kraken, symbols: { 'BTC/USD': 'XBT' } }
    const okx = { ...venues.okx, baseUrl: 'http://127.0.0.1:1' }
    const coinbase = { ...venues.coinbase, pollMs: 2_000 }
    driven.engine.prepare({ ...rest, venues: { ...venues, binance, coinbase, kraken, okx } })()
    const isHeld = (venue: string, name: string) => driven.engine.receivedMs(venue, name) !== null
    expect(isHeld('binance', 'BTC/USDT')).toBe(false)
    expect(isHeld('okx', 'BTC/USDT')).toBe(false)
    expect(isHeld('kraken', 'BTC/USD')).toBe(false)
    expect(isHeld('kraken', 'ETH/USD')).toBe(true)
    expect(isHeld('coinbase', 'BTC/USD')).toBe(true)
  })

  test('given a venue that asked to be left alone, then another configuration changes nothing of that', async () => {
    const { market, driven, time } = await scene()
    market.setFault('okx', 'rate-limited')
    await driven.round(1_000)
    const pausedUntilMs = () =>
      driven.engine.venues().find(({ venue }) => venue === 'okx')?.pausedUntilMs
    expect(pausedUntilMs()).toBe(time.nowMs() + 2_000)
    const { venues, ...rest } = configAt(market)
    const okx = { ...venues.okx, timeoutMs: venues.okx.timeoutMs + 1 }
    const off = { ...rest, venues: { ...venues, okx: { ...okx, enabled: false } } }
    driven.engine.prepare(off)()
    expect(pausedUntilMs()).toBeUndefined()
    driven.engine.prepare({ ...rest, venues: { ...venues, okx } })()
    expect(pausedUntilMs()).toBe(time.nowMs() + 2_000)
  })

  test('given a host that rests, then another configuration lets it rest', async () => {
    const { market, driven, time } = await scene()
    await driven.round(1_000)
    const { venues, ...rest } = configAt(market)
    const dead = 'http://127.0.0.1:1'
    const { baseUrl = '', ...okx } = venues.okx
    const asked = (timeoutMs: number) => ({
      ...rest,
      venues: { ...venues, okx: { ...okx, timeoutMs, baseUrls: [dead, baseUrl] } },
    })
    const passedOver = () => driven.engine.venues().find(({ venue }) => venue === 'okx')?.passedOver
    driven.engine.prepare(asked(1_500))()
    time.advance(1_000)
    await driven.polled('okx', 2)
    const before = [{ host: '127.0.0.1:1', code: 'SOURCE_UNREACHABLE' }]
    expect(passedOver()).toEqual(before)
    driven.engine.prepare(asked(1_600))()
    expect(passedOver()).toEqual(before)
  })

  test('given it stops while venues end that were taken out, then it waits for them', async () => {
    const { market, driven } = await scene()
    const { venues, ...rest } = configAt(market)
    const off = Object.entries(venues).map(([name, venue]) => [name, { ...venue, enabled: false }])
    const takeOver = driven.engine.prepare({ ...rest, venues: Object.fromEntries(off) })
    expect(driven.engine.venues()).not.toEqual([])
    takeOver()
    expect(driven.engine.venues()).toEqual([])
    await driven.engine.stop()
    expect(driven.engine.venues()).toEqual([])
  })

  test('start and stop twice are once, and after stop nothing is asked', async () => {
    const { market, driven, time } = await scene()
    await driven.engine.start()
    await driven.round(1_000)
    await driven.engine.stop()
    await driven.engine.stop()
    const asked = market.requestsOf('binance')
    time.advance(60_000)
    expect(market.requestsOf('binance')).toBe(asked)
    expect(driven.engine.sampleFeeds(START_MS + 1_000).values[0]).not.toBeNull()
    expect(driven.engine.sampleFeeds(START_MS + 60_000).values[0]).toBeNull()
  })
})

const CODES: Readonly<Record<Fault, string>> = {
  forbidden: 'SOURCE_REGION_BLOCKED',
  'region-blocked': 'SOURCE_REGION_BLOCKED',
  'rate-limited': 'SOURCE_RATE_LIMITED',
  unavailable: 'SOURCE_STATUS_UNEXPECTED',
  html: 'SOURCE_TYPE_UNEXPECTED',
  huge: 'SOURCE_BODY_TOO_LARGE',
  endless: 'SOURCE_BODY_TOO_LARGE',
  overflow: 'SOURCE_NUMBER_INVALID',
  'repeated-name': 'SOURCE_JSON_INVALID',
  nothing: 'SOURCE_TIMEOUT',
  slow: 'SOURCE_TIMEOUT',
  redirect: 'SOURCE_REDIRECTED',
  'gzip-bomb': 'SOURCE_BODY_ENCODED',
  truncated: 'SOURCE_BODY_TRUNCATED',
  reset: 'SOURCE_UNREACHABLE',
  'not-json': 'SOURCE_JSON_INVALID',
  'wrong-shape': 'SOURCE_ANSWER_UNEXPECTED',
}

describe('a venue that misbehaves', () => {
  test.each(FAULTS)(
    '%s: has a code, costs one venue, and is over when it is over',
    async (fault) => {
      // A busy machine must not turn another fault into a timeout.
      const impatient = CODES[fault] === 'SOURCE_TIMEOUT' ? { coinbase: 150 } : {}
      const { market, driven, time } = await scene({ impatient })
      market.setFault('coinbase', fault)
      await driven.round(1_000)
      expect(driven.codes.get('coinbase')?.[0]).toBe(CODES[fault])
      expect(driven.log.lines).toContainEqual({
        level: 'warn',
        event: 'source.venue.failed',
        fields: expect.objectContaining({ venue: 'coinbase', code: CODES[fault] }),
      })
      const { feeds } = driven.engine.sampleFeeds(time.nowMs())
      expect(feeds[0]?.value).not.toBeNull()
      expect(feeds[0]?.venues[1]).toMatchObject({ venue: 'coinbase', code: 'QUOTE_ABSENT' })
      market.setFault('coinbase', null)
      // A poll that began under the fault, or on a busy machine, may end before it is over.
      while (driven.codes.get('coinbase')?.at(-1) !== 'ok') await driven.round(61_000)
      const well = driven.engine.sampleFeeds(time.nowMs())
      expect(well.feeds[0]?.venues[1]?.code).toBe('USED')
    },
  )

  test('after three polls it is left alone for longer and longer', async () => {
    const { market, driven } = await scene()
    market.setFault('okx', 'html')
    for (let second = 0; second < 30; second++) await driven.round(1_000)
    const codes = driven.codes.get('okx') ?? []
    const asked = codes.flatMap((code, poll) => (code === 'SOURCE_CIRCUIT_OPEN' ? [] : [poll]))
    expect(asked).toEqual([0, 1, 2, 3, 5, 9, 17])
    expect(
      driven.log.lines.filter(({ fields }) => Object.values(fields).includes('okx')),
    ).toHaveLength(1)
  })

  test('memory does not grow while a venue pours endless answers', async () => {
    const { market, driven } = await scene()
    for (const venue of ['binance', 'coinbase', 'kraken'] as const)
      market.setFault(venue, 'endless')
    await driven.round(1_000)
    const beforeBytes = process.memoryUsage().arrayBuffers
    for (let second = 0; second < 10; second++) await driven.round(1_000)
    expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(32 * 2 ** 20)
  })
})

test('no connection is made when the name of a venue leads to a private address', async () => {
  const { market, time } = await scene()
  const config = configAt(market)
  const port = new URL(market.url).port
  const public_ = {
    ...config.venues.okx,
    baseUrl: `https://localhost:${port}`,
    access: 'public' as const,
  }
  const driven = new DrivenEngine(
    { config: { ...config, venues: { ...config.venues, okx: public_ } } },
    time,
  )
  open.push(driven.engine)
  const before = market.requestsOf('okx')
  await driven.engine.start()
  await driven.round(1_000)
  expect(driven.codes.get('okx')?.[0]).toBe('SOURCE_ADDRESS_FORBIDDEN')
  expect(market.requestsOf('okx') - before).toBeLessThanOrEqual(4)
})
