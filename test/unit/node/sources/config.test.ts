import { describe, expect, test } from 'vitest'
import type { FeedParams } from '../../../../aggregator/committee/params.ts'
import type { SourcesConfigInput } from '../../../../node/sources/config.ts'
import { sourcesConfigSchema } from '../../../../node/sources/config.ts'
import { configuredVenue } from '../../../../node/sources/configured-venues.ts'
import { PERPETUAL_VENUE_NAMES, VENUE_NAMES, VENUES } from '../../../../node/sources/registry.ts'
import { sourceSettings } from '../../../../node/sources/settings.ts'
import { streamUrlOf, withHosts } from '../../../../node/sources/venue-config.ts'
import { FEEDS } from '../../../support/venues.ts'

const problems = (input: unknown) => {
  const outcome = sourcesConfigSchema.safeParse(input)
  return outcome.success
    ? []
    : outcome.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const feed = (legs: unknown, more: object = {}) => ({ feeds: { 'BTC/USD': { legs, ...more } } })
const THREE = [
  { venue: 'kraken', market: 'BTC/USD' },
  { venue: 'coinbase', market: 'BTC/USD' },
  { venue: 'bitstamp', market: 'BTC/USD' },
]

const CONVERSION = { market: 'USDT/USD', legs: [{ venue: 'kraken', market: 'USDT/USD' }] }

const pin = (letter: string) => `sha256/${letter.repeat(43)}=`

describe('the configuration of sources', () => {
  test('needs nothing: every key has a default, and the defaults fit together', () => {
    const config = sourcesConfigSchema.parse({})
    expect(Object.keys(config.feeds)).toEqual(['BTC/USD', 'ETH/USD', 'SOL/USD'])
    expect(configuredVenue(config, 'kraken')?.config.baseUrls).toEqual(['https://api.kraken.com'])
    expect(config.conversions[0]?.peg?.rate).toBe(10n ** 18n)
  })

  test('gives each venue its hosts, in the order in which they are asked', () => {
    const hosts = (htx: object) =>
      configuredVenue(sourcesConfigSchema.parse({ venues: { htx } }), 'htx')?.config.baseUrls
    const own = ['https://api.huobi.pro', 'https://api-aws.huobi.pro']
    expect(hosts({})).toEqual(own)
    expect(hosts({ baseUrls: own.toReversed() })).toEqual(own.toReversed())
    // Who names one host wants no other.
    expect(hosts({ baseUrl: 'https://htx.example' })).toEqual(['https://htx.example'])
  })

  test('knows every venue of the registry', () => {
    expect(Object.keys(sourcesConfigSchema.parse({}).venues).sort()).toEqual(
      [...VENUE_NAMES].sort(),
    )
    for (const name of VENUE_NAMES) expect(VENUES[name].name).toBe(name)
  })

  test.each<[string, unknown, string]>([
    ['an unknown key', { venue: {} }, 'Unrecognized key'],
    ['an unknown venue', { venues: { mtgox: {} } }, 'Unrecognized key'],
    [
      'a peg to nothing',
      { conversions: [{ ...CONVERSION, peg: { rate: '0', bpsMax: 50 } }] },
      'conversions.0.peg.rate: must be above 0',
    ],
    [
      'a plain http address',
      { venues: { okx: { baseUrl: 'http://www.okx.com' } } },
      'venues.okx.baseUrl: must begin',
    ],
    [
      'a private address',
      { venues: { okx: { baseUrl: 'https://10.0.0.1' } } },
      'venues.okx.baseUrl: must be on the public',
    ],
    ['credentials', { venues: { okx: { baseUrl: 'https://a:b@okx.com' } } }, 'credentials'],
    [
      'a poll of no time',
      { venues: { okx: { pollMs: 0 } } },
      'venues.okx.pollMs: must be a whole number from 100',
    ],
    [
      'a symbol that leaves its place',
      { venues: { okx: { symbols: { 'BTC/USDT': '../x' } } } },
      'symbols',
    ],
    ['one venue twice', feed([...THREE, THREE[0]]), 'feeds.BTC/USD.legs.3: repeats kraken'],
    [
      'a market of another coin',
      feed([...THREE.slice(1), { venue: 'kraken', market: 'ETH/USD' }]),
      'legs.2: must be a market of BTC',
    ],
    [
      'a currency nobody converts',
      feed([...THREE.slice(1), { venue: 'kraken', market: 'BTC/EUR' }]),
      'needs conversions from EUR to USD',
    ],
    ['too few venues', feed(THREE.slice(1)), 'sourcesMin: is 3, but only 2'],
    [
      'a disabled venue that is needed',
      { ...feed(THREE), venues: { kraken: { enabled: false } } },
      'only 2 of its venues are enabled',
    ],
    ['one venue with the majority of weight', feed(THREE, { weightBpsMax: 5_000 }), 'weightBpsMax'],
    [
      'silence shorter than the poll',
      feed(THREE, { silenceMsMax: 1_000 }),
      'silenceMsMax must be at least 3000',
    ],
    [
      'silence shorter than two polls of a slow venue with a stream',
      feed([...THREE, { venue: 'gemini', market: 'BTC/USD' }], { silenceMsMax: 5_999 }),
      'is polled every 3000 ms; silenceMsMax must be at least 6000',
    ],
    [
      'silence shorter than the poll of a venue without its stream',
      { ...feed(THREE, { silenceMsMax: 2_999 }), venues: { kraken: { transport: 'poll' } } },
      'is polled every 1500 ms; silenceMsMax must be at least 3000',
    ],
    [
      'a stream without TLS',
      { venues: { okx: { streamUrl: 'ws://ws.okx.com' } } },
      'venues.okx.streamUrl: must begin with wss://',
    ],
    [
      'a stream at a private address',
      { venues: { okx: { streamUrl: 'wss://127.0.0.1/ws' } } },
      'venues.okx.streamUrl: must be on the public',
    ],
    [
      'a feed without a quote currency',
      { feeds: { BTC: { legs: THREE } } },
      'feeds.BTC: must be named BASE/QUOTE',
    ],
    [
      'silence of options shorter than the poll',
      { volatility: { silenceMsMax: 19_999 } },
      'volatility.silenceMsMax: must be at least twice the 10000 ms',
    ],
    [
      'too few option venues',
      { optionVenues: { 'okx-options': { enabled: false }, 'bybit-options': { enabled: false } } },
      'volatility.sourcesMin: is 2, but only 1',
    ],
    [
      'too few venues of perpetuals',
      {
        perpetualVenues: {
          'okx-perpetuals': { enabled: false },
          'bybit-perpetuals': { enabled: false },
        },
      },
      'funding.sourcesMin: is 3, but only 2',
    ],
    [
      'one pin alone',
      { venues: { htx: { pins: { 'api.huobi.pro': [pin('A')] } } } },
      'venues.htx.pins.api.huobi.pro: needs a second pin',
    ],
    [
      'one pin twice',
      { venues: { htx: { pins: { 'api.huobi.pro': [pin('A'), pin('A')] } } } },
      'names a pin twice',
    ],
    [
      'a pin of another form',
      { venues: { htx: { pins: { 'api.huobi.pro': ['sha1/AAAA', pin('A')] } } } },
      'must be sha256/ and 44 characters of base64',
    ],
    [
      'pins of a host that is not asked',
      { venues: { htx: { pins: { 'api.huobi.com': [pin('A'), pin('B')] } } } },
      'names no host of it with TLS; there are api.huobi.pro, api-aws.huobi.pro',
    ],
    [
      'pins of a host that no ticket may name',
      { venues: { kucoin: { pins: { 'ws.kucoin.example': [pin('A'), pin('B')] } } } },
      'there are api.kucoin.com, ws-api-spot.kucoin.com and all below kucoin.com',
    ],
    [
      'pins below a domain though the stream is set',
      {
        venues: {
          kucoin: {
            streamUrl: 'wss://ws-api-spot.kucoin.com',
            pins: { 'ws-2.kucoin.com': [pin('A'), pin('B')] },
          },
        },
      },
      'names no host of it with TLS',
    ],
    [
      'pins of a host without TLS',
      {
        venues: {
          htx: {
            baseUrl: 'http://127.0.0.1',
            access: 'local',
            pins: { '127.0.0.1': [pin('A'), pin('B')] },
          },
        },
      },
      'names no host of it with TLS; there are none',
    ],
    ['no host', { venues: { htx: { baseUrls: [] } } }, 'needs at least one address'],
    [
      'too many hosts',
      {
        venues: { htx: { baseUrls: ['a', 'b', 'c', 'd', 'e'].map((x) => `https://${x}.example`) } },
      },
      'takes at most 4 addresses',
    ],
    [
      'one host twice',
      { venues: { htx: { baseUrls: ['https://a.example', 'https://a.example'] } } },
      'venues.htx.baseUrls.1: stands there twice',
    ],
    [
      'one host with and without a slash',
      { venues: { htx: { baseUrls: ['https://a.example', 'https://A.example/'] } } },
      'venues.htx.baseUrls.1: stands there twice',
    ],
    [
      'a host of a list without TLS',
      { venues: { htx: { baseUrls: ['https://a.example', 'http://b.example'] } } },
      'venues.htx.baseUrls.1: must begin with https://',
    ],
    [
      'hosts in two places',
      { venues: { htx: { baseUrl: 'https://a.example', baseUrls: ['https://b.example'] } } },
      'venues.htx.baseUrl: stands beside baseUrls',
    ],
    ['a float that is no decimal', feed(THREE, { baseVolumeMin: '1e3' }), 'baseVolumeMin'],
  ])('refuses %s and says where', (_, input, part) => {
    expect(problems(input).join('\n')).toContain(part)
  })

  test.each<[string, object, string | null]>([
    ['nothing', {}, 'wss://ws.okx.com:8443/ws/v5/public'],
    ['another base URL', { baseUrl: 'https://aws.okx.com' }, null],
    [
      'a host of somebody else among its own',
      { baseUrls: ['https://www.okx.com', 'https://aws.okx.com'] },
      null,
    ],
    [
      'its own host in a list',
      { baseUrls: ['https://www.okx.com'] },
      'wss://ws.okx.com:8443/ws/v5/public',
    ],
    [
      'both addresses',
      { baseUrl: 'https://aws.okx.com', streamUrl: 'wss://wsaws.okx.com:8443/ws/v5/public' },
      'wss://wsaws.okx.com:8443/ws/v5/public',
    ],
    ['transport: poll', { transport: 'poll' }, null],
  ])('given %s, then the stream is where it belongs', (_, okx, expected) => {
    const { venues } = sourcesConfigSchema.parse({ venues: { okx } })
    expect(streamUrlOf(VENUES.okx, withHosts(venues.okx, VENUES.okx))).toBe(expected)
  })

  test('a venue without a stream is polled, whatever is set', () => {
    const { venues } = sourcesConfigSchema.parse({ venues: { gate: { transport: 'stream' } } })
    expect(
      streamUrlOf({ ...VENUES.gate, stream: null }, withHosts(venues.gate, VENUES.gate)),
    ).toBeNull()
  })

  test('lists every problem at once', () => {
    const input = { ...feed([...THREE, THREE[0]]), conversions: [] }
    expect(
      problems({ ...input, conversions: [{ market: 'USDT/USD', legs: THREE }] }).length,
    ).toBeGreaterThanOrEqual(4)
  })

  test('pins may name hosts that only a ticket will name', () => {
    const pins = { 'ws-2.kucoin.com': [pin('A'), pin('B')] }
    expect(problems({ venues: { kucoin: { pins } } })).toEqual([])
  })

  test('a conversion can use those before it, not those after', () => {
    const legs = (market: string) =>
      ['kraken', 'coinbase', 'bitstamp'].map((venue) => ({ venue, market }))
    const euro = { market: 'EUR/USD', legs: legs('EUR/USD') }
    const tether = { market: 'USDT/USD', legs: legs('USDT/EUR') }
    expect(problems({ conversions: [euro, tether] })).toEqual([])
    expect(problems({ conversions: [tether, euro] })[0]).toContain(
      'needs conversions from EUR to USD',
    )
    expect(problems({ conversions: [euro, euro] })[0]).toContain('repeats EUR/USD')
  })
})

describe('sourceSettings', () => {
  const settingsOf = (input: SourcesConfigInput, feeds: readonly FeedParams[] = FEEDS) =>
    sourceSettings(sourcesConfigSchema.parse(input), feeds)

  test('finds the way from USDT to USD for the venues that need it', () => {
    const legs = settingsOf({}).feeds[0]?.legs ?? []
    expect(legs.map(({ venue, route }) => [venue, route.length])).toEqual([
      ['binance', 1],
      ['coinbase', 0],
      ['kraken', 0],
      ['bitstamp', 0],
      ['okx', 1],
    ])
  })

  test("the committee's minimum of venues holds; an operator may only ask for more", () => {
    const minimum = (committee: number, own: number) => {
      const feeds = FEEDS.map((each) => ({ ...each, sourcesMin: committee }))
      const legs = sourcesConfigSchema.parse({}).feeds['BTC/USD']?.legs ?? []
      return settingsOf({ feeds: { 'BTC/USD': { legs, sourcesMin: own } } }, feeds).feeds[0]?.rules
        .sourcesMin
    }
    expect(minimum(4, 3)).toBe(4)
    expect(minimum(2, 3)).toBe(3)
  })

  test('leaves out feeds that it has no venues for, and kinds that have none', () => {
    const [first, second] = FEEDS
    if (first === undefined || second === undefined) throw new Error('there are three feeds')
    const unknown = { ...first, name: 'toString' }
    const index: FeedParams = { ...second, kind: 'index' }
    expect(settingsOf({}, [unknown, index, first]).feeds.map(({ name }) => name)).toEqual([
      'BTC/USD',
    ])
  })

  const IMPLIED: FeedParams = {
    ...(FEEDS[0] as FeedParams),
    name: 'BTC.IV30',
    kind: 'volatility',
    derivation: { of: 'BTC/USD', windowMs: 30 * 86_400_000, stepMs: null },
  }

  test('gives every enabled option venue a vote in a volatility', () => {
    const feeds = [{ ...IMPLIED, sourcesMin: 1 }]
    const settings = settingsOf({ optionVenues: { 'okx-options': { enabled: false } } }, feeds)
    expect(settings.feeds[0]?.legs).toEqual([
      { venue: 'deribit-options', market: 'BTC.IV30', route: [] },
      { venue: 'bybit-options', market: 'BTC.IV30', route: [] },
    ])
    expect(settings.feeds[0]?.rules.sourcesMin).toBe(2)
    expect(settingsOf({}, [{ ...IMPLIED, sourcesMin: 3 }]).feeds[0]?.rules.sourcesMin).toBe(3)
  })

  test('brings the band of a funding rate to the interval of its feed', () => {
    const derivation = { of: 'BTC/USD', windowMs: 3_600_000, stepMs: null }
    const feeds = [{ ...IMPLIED, name: 'BTC.FUND', kind: 'funding' as const, derivation }]
    const [settings] = settingsOf({ funding: { outlierRateMin: '0.0008' } }, feeds).feeds
    expect(settings?.legs.map(({ venue }) => venue)).toEqual(PERPETUAL_VENUE_NAMES)
    expect(settings?.rules).toMatchObject({
      measure: 'rate',
      outlierReachMin: 10n ** 14n,
      sourcesMin: 3,
    })
  })

  test('a node without option venues needs no rules for them', () => {
    const off = { enabled: false }
    const optionVenues = { 'deribit-options': off, 'okx-options': off, 'bybit-options': off }
    expect(problems({ optionVenues })).toEqual([])
  })

  test('leaves out the legs of a venue that is disabled', () => {
    const { feeds } = settingsOf({ venues: { binance: { enabled: false } } })
    expect(feeds[0]?.legs.map(({ venue }) => venue)).not.toContain('binance')
  })
})
