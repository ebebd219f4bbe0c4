import { describe, expect, test } from 'vitest'
import { plainFeed } from '../../../../node/config/committee-file.ts'
import { headerFrom } from '../../../../node/recording/entry.ts'
import { replaySources } from '../../../../node/recording/replay-config.ts'
import { sourcesConfigSchema } from '../../../../node/sources/config.ts'
import { clockAt } from '../../../../node/sources/source-clock.ts'
import { FEEDS, IMPLIED } from '../../../support/venues.ts'

const DECLARED = {
  baseUrl: 'https://api.example.com',
  path: '/t/{symbol}?apikey=REDACTED',
  budget: { requestsMax: 5, perMs: 1_000 },
  fields: { bid: '/b', ask: '/a' },
  symbols: { 'BTC/USD': 'btc' },
}
const SOURCES = {
  venues: { kraken: { pollMs: 2_000 }, coinbase: { transport: 'poll' as const } },
  declaredVenues: { house: DECLARED, unused: { ...DECLARED, baseUrl: 'https://b.example.com' } },
  conversions: [],
  feeds: {
    'BTC/USD': {
      legs: ['kraken', 'coinbase', 'house'].map((venue) => ({ venue, market: 'BTC/USD' })),
    },
  },
}

function piece(feeds = FEEDS.slice(0, 1), sources: object = SOURCES) {
  const plain = { version: 1, startedMs: 0, feeds: feeds.map(plainFeed), sources }
  const header = headerFrom(plain)
  if (header === null) throw new Error('the header is wrong')
  return replaySources(header, { url: 'http://127.0.0.1:9', clockOffsetMs: -5 })
}

describe('the configuration that reads a replay', () => {
  test('has the settings of the recording node, at the addresses of the replay', () => {
    const { venues, declaredVenues, optionVenues, perpetualVenues } = piece()
    expect(venues).toEqual({
      kraken: {
        pollMs: 2_000,
        baseUrl: 'http://127.0.0.1:9/kraken',
        streamUrl: 'ws://127.0.0.1:9/kraken/stream',
        access: 'local',
      },
      // It was polled when it was recorded.
      coinbase: { transport: 'poll', baseUrl: 'http://127.0.0.1:9/coinbase', access: 'local' },
    })
    expect(declaredVenues).toMatchObject({
      house: { baseUrl: 'http://127.0.0.1:9/house', path: DECLARED.path, access: 'local' },
      unused: { enabled: false },
    })
    expect(Object.values(optionVenues ?? {})).toEqual(Array(3).fill({ enabled: false }))
    expect(Object.values(perpetualVenues ?? {})).toEqual(Array(4).fill({ enabled: false }))
    expect(sourcesConfigSchema.safeParse(piece()).success).toBe(true)
  })

  test('has one address for each venue, and no pins, which the replay could not keep', () => {
    const pins = { 'a.example': ['A', 'B'].map((each) => `sha256/${each.repeat(43)}=`) }
    const hosts = { baseUrls: ['https://a.example', 'https://b.example'], pins }
    const { baseUrl: _, ...declared } = DECLARED
    const sources = {
      ...SOURCES,
      venues: { kraken: hosts, coinbase: hosts },
      optionVenues: { 'okx-options': hosts },
      declaredVenues: { house: { ...declared, baseUrls: ['https://c.example'] } },
    }
    const again = piece([...FEEDS.slice(0, 1), IMPLIED], sources)
    expect(sourcesConfigSchema.safeParse(again).error).toBeUndefined()
    expect(JSON.stringify(again)).not.toMatch(/example|sha256/)
  })

  test('asks for options where the recording node did', () => {
    const { optionVenues } = piece([...FEEDS.slice(0, 1), IMPLIED])
    const baseUrl = 'http://127.0.0.1:9/okx-options'
    expect(optionVenues?.['okx-options']).toEqual({ baseUrl, access: 'local' })
  })
})

describe('another time than now', () => {
  const problems = (sources: object) =>
    sourcesConfigSchema.safeParse(sources).error?.issues.map(({ path }) => path.join('.')) ?? []

  test('is refused while a real venue would be asked, and names it', () => {
    const outcome = sourcesConfigSchema.safeParse({ clockOffsetMs: -1 })
    const [issue] = outcome.error?.issues ?? []
    expect(issue?.path).toEqual(['clockOffsetMs'])
    expect(issue?.message).toMatch(/binance, coinbase, kraken.*okx-options/)
    expect(problems({ clockOffsetMs: 0 })).toEqual([])
  })

  test('is refused while one of them is left, or options are', () => {
    const { venues, optionVenues, ...rest } = piece()
    const kraken = { ...venues?.kraken, access: 'public', baseUrl: 'https://api.kraken.com' }
    const { streamUrl: _, ...open } = { ...kraken, streamUrl: '' }
    const asked = { ...rest, optionVenues, venues: { ...venues, kraken: open } }
    expect(problems(asked)).toEqual(['clockOffsetMs'])
    expect(problems({ ...rest, venues })).toEqual(['clockOffsetMs'])
  })

  test('goes with the clock, and is no other clock when it is now', () => {
    const clock = { nowMs: () => 1_000 }
    expect(clockAt(clock, -300).nowMs()).toBe(700)
    expect(clockAt(clock, 0)).toBe(clock)
  })
})
