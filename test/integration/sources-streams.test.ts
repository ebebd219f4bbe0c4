import { afterEach, describe, expect, test } from 'vitest'
import { MARKET_VENUES, type MarketVenue } from '../../node/devnet/market/model.ts'
import { honestRange } from '../../node/devnet/market/range.ts'
import type { MarketServer } from '../../node/devnet/market/server.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { startHostileStream } from '../support/hostile-stream.ts'
import { isRead } from '../support/sockets.ts'
import { configAt, DrivenEngine, dollars, SteppedTime } from '../support/venues.ts'

const START_MS = 1_760_000_000_000
/** What a venue answers to the subscriptions of a node with the default feeds. */
const ACKNOWLEDGED = { binance: 1, coinbase: 1, kraken: 4, bitstamp: 8, okx: 3 }

interface Scene {
  readonly market: MarketServer
  readonly driven: DrivenEngine
  readonly time: SteppedTime
}

let open: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.toReversed()) await each.stop()
  open = []
})

const turn = () => new Promise(setImmediate)
const statusOf = (driven: DrivenEngine, venue: MarketVenue) =>
  driven.engine.venues().find((each) => each.venue === venue)
const framesOf = (driven: DrivenEngine, venue: MarketVenue) =>
  statusOf(driven, venue)?.stream?.frames ?? 0
const pollsOf = (driven: DrivenEngine, venue: MarketVenue) => driven.codes.get(venue)?.length ?? 0
const othersThan = (venue: MarketVenue) => MARKET_VENUES.filter((each) => each !== venue)
const verdictsOf = ({ driven, time }: Scene) =>
  driven.engine.sampleFeeds(time.nowMs()).feeds[0]?.venues.map(({ code }) => code)
const ALL_USED = Array(5).fill('USED')

/** A node whose five venues stream, polled once and with the first messages taken. */
async function scene(
  options: Partial<Parameters<typeof startMarketServer>[0]> = {},
  impatient: Parameters<typeof configAt>[1] = {},
): Promise<Scene> {
  const time = new SteppedTime(START_MS)
  const streamsPush = 'when-told'
  const market = await startMarketServer({ seed: 1, nowMs: time.nowMs, streamsPush, ...options })
  const config = configAt(market, impatient, MARKET_VENUES)
  const driven = new DrivenEngine({ config }, time)
  open.push(market, driven.engine)
  await driven.engine.start()
  for (const venue of MARKET_VENUES) {
    time.advance(1)
    await driven.polled(venue, 1)
    while (framesOf(driven, venue) < ACKNOWLEDGED[venue]) await turn()
  }
  await pushed({ market, driven, time })
  return { market, driven, time }
}

/** Sends one message of each channel, waits until it was read, and lets the windows pass. */
async function pushed(here: Scene, venues: readonly MarketVenue[] = MARKET_VENUES): Promise<void> {
  const { market, time } = here
  market.streams.push(venues)
  const sockets = venues.flatMap((venue) => market.streams.clientsOf(venue))
  await Promise.all(sockets.map(isRead))
  time.advance(50)
  await turn()
}

/** Half a second in which these venues speak. */
async function half(here: Scene, venues: readonly MarketVenue[] = MARKET_VENUES): Promise<void> {
  here.time.advance(450)
  await turn()
  await pushed(here, venues)
}

describe('the engine with streams', () => {
  test('takes every venue by its stream, as fresh as its messages, and polls none', async () => {
    const here = await scene()
    const { driven, time } = here
    for (let step = 0; step < 6; step++) await half(here)
    expect(driven.engine.venues().map(({ transport }) => transport)).toEqual(
      Array(5).fill('stream'),
    )
    expect(verdictsOf(here)).toEqual(ALL_USED)
    const { quotesUsed } = driven.engine.sampleFeeds(time.nowMs())
    expect(quotesUsed).toHaveLength(18)
    expect(quotesUsed.map(({ receivedMs }) => time.nowMs() - receivedMs)).toEqual(
      Array(18).fill(50),
    )
    expect(MARKET_VENUES.map((venue) => pollsOf(driven, venue))).toEqual(Array(5).fill(1))
  })

  test('keeps the volume that a stream does not carry, and polls it each half minute', async () => {
    const here = await scene()
    const { driven, time } = here
    const volumes = () =>
      driven.engine
        .sampleFeeds(time.nowMs())
        .quotesUsed.filter(({ venue }) => venue === 'bitstamp')
        .map(({ baseVolume }) => baseVolume)
    const before = volumes()
    expect(before).not.toContain(null)
    for (let step = 0; step < 58; step++) await half(here)
    expect(volumes()).toEqual(before)
    expect(pollsOf(driven, 'bitstamp')).toBe(1)
    for (let step = 0; step < 4; step++) await half(here)
    await driven.polled('bitstamp', 2)
    expect(volumes()).not.toEqual(before)
    // The poll brought the volume and nothing else: a stream's price is newer than any answer.
    const { quotesUsed } = driven.engine.sampleFeeds(time.nowMs())
    expect(Math.max(...quotesUsed.map(({ receivedMs }) => time.nowMs() - receivedMs))).toBe(50)
  })

  test('given a spike and a silence, then every value stays in the honest range', async () => {
    const incidents = [
      { kind: 'spike', venue: 'okx', fromMs: 5_000, untilMs: 15_000, bps: 2_000 },
      { kind: 'silent', venue: 'bitstamp', fromMs: 8_000, untilMs: 20_000 },
    ] as const
    const here = await scene({ incidents }, { bitstamp: 100 })
    const { driven, market, time } = here
    const seen = new Set<string>()
    for (let step = 0; step < 80; step++) {
      await half(here)
      const untilMs = time.nowMs()
      for (const { feed, value, venues } of driven.engine.sampleFeeds(untilMs).feeds) {
        const fromMs = untilMs - 6_000
        const range = honestRange(market.model, { market: feed, fromMs, untilMs })
        const [min, max] = [dollars(range?.min), dollars(range?.max)]
        const isInside = value !== null && value >= min && value <= max
        expect({ feed, step, isInside }).toEqual({ feed, step, isInside: true })
        for (const { venue, code } of venues) seen.add(`${venue} ${code}`)
      }
    }
    expect(seen).toContain('okx QUARANTINED')
    expect(seen).toContain('bitstamp VENUE_SILENT')
    expect(verdictsOf(here)).toEqual(ALL_USED)
  })
})

describe('from a stream to polls and back', () => {
  test('given a stream that falls quiet, then that venue is polled again, and no other', async () => {
    const here = await scene()
    const { driven } = here
    for (let step = 0; step < 12; step++) await half(here, othersThan('kraken'))
    // Six seconds at a second and a half each, the first one of them in doubt.
    await driven.polled('kraken', 4)
    expect(statusOf(driven, 'kraken')).toMatchObject({
      transport: 'poll',
      code: 'ok',
      stream: { state: 'open', code: 'ok', marketsStreamed: 0 },
    })
    expect(othersThan('kraken').map((venue) => pollsOf(driven, venue))).toEqual([1, 1, 1, 1])
    expect(verdictsOf(here)).toEqual(ALL_USED)
    await half(here)
    const polls = pollsOf(driven, 'kraken')
    for (let step = 0; step < 12; step++) await half(here)
    expect(pollsOf(driven, 'kraken')).toBe(polls)
  })

  test('given a stream that closes, then polls stand in until it is there again', async () => {
    const here = await scene()
    const { driven, market, time } = here
    for (const client of market.streams.clientsOf('binance')) client.close(1_001, 'maintenance')
    while (statusOf(driven, 'binance')?.stream?.state === 'open') await turn()
    expect(statusOf(driven, 'binance')).toMatchObject({
      transport: 'poll',
      stream: { state: 'waiting', code: 'SOURCE_STREAM_CLOSED', reconnects: 0 },
    })
    time.advance(1_000)
    await driven.polled('binance', 2)
    expect(verdictsOf(here)).toEqual(ALL_USED)
    const acknowledged = framesOf(driven, 'binance') + ACKNOWLEDGED.binance
    while (framesOf(driven, 'binance') < acknowledged) {
      time.advance(50)
      await turn()
    }
    await pushed(here)
    expect(statusOf(driven, 'binance')).toMatchObject({
      transport: 'stream',
      stream: { state: 'open', code: 'ok', reconnects: 1 },
    })
    const warned = driven.log.lines.filter(({ event }) => event === 'source.stream.failed')
    expect(warned.map(({ fields }) => fields.code)).toEqual(['SOURCE_STREAM_CLOSED'])
  })

  test('given a venue that is down in every way, then it comes back by polls, then by its stream', async () => {
    const here = await scene()
    const { market, driven } = here
    const others = othersThan('okx')
    market.setFault('okx', 'unavailable')
    market.streams.push([])
    for (let step = 0; step < 16; step++) await half(here, others)
    expect(statusOf(driven, 'okx')).toMatchObject({
      transport: 'poll',
      code: 'SOURCE_STATUS_UNEXPECTED',
      stream: { code: 'SOURCE_STATUS_UNEXPECTED' },
    })
    expect(verdictsOf(here)?.[4]).toBe('VENUE_SILENT')
    market.setFault('okx', null)
    while (statusOf(driven, 'okx')?.code !== 'ok') await half(here, others)
    expect(statusOf(driven, 'okx')?.transport).toBe('poll')
    expect(verdictsOf(here)).toEqual(ALL_USED)
    while (statusOf(driven, 'okx')?.transport !== 'stream') await half(here)
    expect(verdictsOf(here)).toEqual(ALL_USED)
  })
})

test('given a request to reconnect, then no message is lost between the two connections', async () => {
  const here = await scene()
  const { market, driven, time } = here
  const [old] = market.streams.clientsOf('bitstamp')
  old?.send('{"event":"bts:request_reconnect","channel":"","data":""}')
  const acknowledged = framesOf(driven, 'bitstamp') + 1 + ACKNOWLEDGED.bitstamp
  const ages: number[] = []
  for (let step = 0; step < 8; step++) {
    time.advance(200)
    while (step === 2 && framesOf(driven, 'bitstamp') < acknowledged) await turn()
    await pushed(here)
    const { quotesUsed } = driven.engine.sampleFeeds(time.nowMs())
    for (const { venue, receivedMs } of quotesUsed) {
      if (venue === 'bitstamp') ages.push(time.nowMs() - receivedMs)
    }
  }
  expect(new Set(ages)).toEqual(new Set([50]))
  expect(statusOf(driven, 'bitstamp')).toMatchObject({
    transport: 'stream',
    stream: { code: 'ok', reconnects: 1 },
  })
  while (market.streams.clientsOf('bitstamp').length > 1) await turn()
  expect(old?.readyState).toBe(old?.CLOSED)
  expect(pollsOf(driven, 'bitstamp')).toBe(1)
})

test('after stop no connection is left', async () => {
  const { market, driven } = await scene()
  await driven.engine.stop()
  while (MARKET_VENUES.some((venue) => market.streams.clientsOf(venue).length > 0)) await turn()
})

test('given a stream that asked to be left alone, then another configuration does not connect to it', async () => {
  const answer = 'HTTP/1.1 429 Slow down\r\ncontent-length: 0\r\nretry-after: 7\r\n\r\n'
  const limiting = await startHostileStream({ answer })
  const time = new SteppedTime(START_MS)
  const market = await startMarketServer({ seed: 1, nowMs: time.nowMs })
  const { venues, ...rest } = configAt(market)
  const at = (timeoutMs: number) => {
    const okx = { ...venues.okx, streamUrl: limiting.url, timeoutMs }
    return { ...rest, venues: { ...venues, okx } }
  }
  const driven = new DrivenEngine({ config: at(20_000) }, time)
  open.push(market, limiting, driven.engine)
  await driven.engine.start()
  const stateOf = () => statusOf(driven, 'okx')?.stream?.state
  expect(stateOf()).toBe('connecting')
  while (stateOf() !== 'waiting') await turn()
  driven.engine.prepare(at(20_001))()
  expect(stateOf()).toBe('waiting')
})
