import { describe, expect, test } from 'vitest'
import {
  type FeedSettings,
  SOURCE_STATE_START,
  type SourceState,
  sampleSources,
} from '../../../../aggregator/aggregation/node-value.ts'
import type { ReceivedQuote } from '../../../../aggregator/aggregation/quote.ts'
import { QUOTE_UNIT } from '../../../../aggregator/values/fixed-point.ts'
import {
  bookOf,
  feedOf,
  NOW_MS,
  quoteOf,
  rulesOf,
  settingsOf,
  units,
} from '../../../support/quotes.ts'

const VENUES = ['binance', 'coinbase', 'kraken', 'bitstamp', 'okx']
const quotesAt = (...mids: readonly (number | null)[]): ReceivedQuote[] =>
  mids.flatMap((mid, index) =>
    mid === null ? [] : [quoteOf({ mid, venue: VENUES[index] ?? 'none' })],
  )

function sample(
  quotes: readonly ReceivedQuote[],
  options: { feed?: Partial<FeedSettings>; state?: SourceState } = {},
) {
  const { feed = {}, state = SOURCE_STATE_START } = options
  const settings = settingsOf({ feeds: [feedOf(feed)] })
  const outcome = sampleSources(settings, { state, quotes: bookOf(quotes), nowMs: NOW_MS })
  const value = outcome.feeds[0]
  if (value === undefined) throw new Error('a feed was asked for')
  const codes = Object.fromEntries(value.venues.map(({ venue, code }) => [venue, code]))
  return { ...outcome, ...value, codes }
}

describe('the value of a feed', () => {
  test('given five venues, then it is their weighted median in the decimals of the feed', () => {
    const { value, reason } = sample(quotesAt(99_998, 99_999, 100_000, 100_001, 100_002))
    expect(value).toBe(100_000n * 10n ** 8n)
    expect(reason).toBeNull()
  })

  test('given fewer venues than it needs, then it is absent and nothing is averaged', () => {
    const { value, reason, codes } = sample(quotesAt(100_000, 100_002, null, null, null))
    expect(value).toBeNull()
    expect(reason).toBe('SOURCES_TOO_FEW')
    expect(codes).toEqual({
      binance: 'USED',
      coinbase: 'USED',
      kraken: 'QUOTE_ABSENT',
      bitstamp: 'QUOTE_ABSENT',
      okx: 'QUOTE_ABSENT',
    })
  })

  test('given three venues in three worlds, then it is absent', () => {
    const { reason, value } = sample(quotesAt(50_000, 100_000, 200_000))
    expect([value, reason]).toEqual([null, 'SOURCES_DISAGREE'])
    const clamped = sample(quotesAt(50_000, 100_000, 200_000), {
      feed: { rules: rulesOf({ outlierRule: 'clamp' }) },
    })
    expect([clamped.value, clamped.reason]).toEqual([null, 'SOURCES_DISAGREE'])
  })

  test('given bounds of the committee, then a value outside is absent', () => {
    const quotes = quotesAt(100_000, 100_000, 100_000)
    expect(sample(quotes, { feed: { valueMax: 100_000n * 10n ** 8n } }).reason).toBeNull()
    expect(sample(quotes, { feed: { valueMax: 100_000n * 10n ** 8n - 1n } }).reason).toBe(
      'VALUE_OUT_OF_BOUNDS',
    )
  })

  test('reports shares of weight that no venue exceeds', () => {
    const quotes = quotesAt(1_000, 1_000, 1_000, 1_000).map((quote, index) =>
      index === 0 ? { ...quote, baseVolume: units(10 ** 9) } : quote,
    )
    expect(sample(quotes).venues.map(({ weightBps }) => weightBps)).toEqual([
      4_000, 2_000, 2_000, 2_000, 0,
    ])
  })
})

describe('a venue that spikes by 20 %', () => {
  const spiked = quotesAt(99_990, 100_000, 100_010, 100_020, 120_000)

  test('is quarantined and the value stays among the others', () => {
    const { value, codes } = sample(spiked)
    expect(codes).toMatchObject({ okx: 'QUARANTINED', kraken: 'USED' })
    expect(value).toBe((100_000n * 10n ** 8n + 100_010n * 10n ** 8n) / 2n)
  })

  test('comes back only within half of the band', () => {
    const away = sample(spiked).state
    const near = sample(quotesAt(99_990, 100_000, 100_010, 100_020, 101_500), { state: away })
    expect(near.codes).toMatchObject({ okx: 'QUARANTINED' })
    const fresh = sample(quotesAt(99_990, 100_000, 100_010, 100_020, 101_500))
    expect(fresh.codes).toMatchObject({ okx: 'USED' })
    const back = sample(quotesAt(99_990, 100_000, 100_010, 100_020, 100_900), { state: near.state })
    expect(back.codes).toMatchObject({ okx: 'USED' })
    expect(back.state.get('BTC/USD')).toEqual([])
  })

  test('stays in quarantine while it is silent', () => {
    const away = sample(spiked).state
    const silent = sample(quotesAt(99_990, 100_000, 100_010, 100_020, null), { state: away })
    expect(silent.state.get('BTC/USD')).toEqual(['okx'])
  })

  test('given the rule to clamp, then it counts as the edge of the band', () => {
    const { codes, value, state } = sample(spiked, {
      feed: { rules: rulesOf({ outlierRule: 'clamp' }) },
    })
    expect(codes).toMatchObject({ okx: 'CLAMPED' })
    expect(value).toBe(100_010n * 10n ** 8n)
    expect(state.get('BTC/USD')).toEqual([])
  })

  test('given the same input twice, then the same output, and the input state is unchanged', () => {
    const state: SourceState = new Map([['BTC/USD', ['bitstamp']]])
    expect(sample(spiked, { state })).toEqual(sample(spiked, { state }))
    expect([...state]).toEqual([['BTC/USD', ['bitstamp']]])
  })
})

describe('venues that quote in USDT', () => {
  const route = [{ market: 'USDT/USD', direction: 'multiply' as const }]
  const legs = ['kraken', 'coinbase', 'bitstamp'].map((venue) => ({
    venue,
    market: 'USDT/USD',
    route: [],
  }))
  const settings = settingsOf({
    conversions: [
      { market: 'USDT/USD', legs, rules: rulesOf(), peg: { rate: QUOTE_UNIT, bpsMax: 500 } },
    ],
    feeds: [
      feedOf({
        legs: ['binance', 'okx', 'bybit'].map((venue) => ({ venue, market: 'BTC/USDT', route })),
      }),
    ],
  })
  const bitcoin = ['binance', 'okx', 'bybit'].map((venue) =>
    quoteOf({ venue, market: 'BTC/USDT', mid: 100_000 }),
  )
  const tether = (perMille: bigint) =>
    ['kraken', 'coinbase', 'bitstamp'].map((venue) => {
      const rate = (QUOTE_UNIT * perMille) / 1_000n
      return quoteOf({ venue, market: 'USDT/USD', bid: rate, ask: rate })
    })
  const run = (quotes: readonly ReceivedQuote[]) =>
    sampleSources(settings, { state: SOURCE_STATE_START, quotes: bookOf(quotes), nowMs: NOW_MS })

  test('are worth what the market of USDT says', () => {
    const { feeds, conversions } = run([...bitcoin, ...tether(998n)])
    expect(conversions[0]?.rate).toEqual({ type: 'known', rate: (QUOTE_UNIT * 998n) / 1_000n })
    expect(feeds[0]?.value).toBe(99_800n * 10n ** 8n)
  })

  test('given no market of USDT, then they have no price in USD', () => {
    const { feeds } = run(bitcoin)
    expect(feeds[0]).toMatchObject({ value: null, reason: 'SOURCES_TOO_FEW' })
    expect(feeds[0]?.venues.map(({ code }) => code)).toEqual(Array(3).fill('CONVERSION_ABSENT'))
  })

  test('given a lost peg, then they are left out', () => {
    expect(run([...bitcoin, ...tether(950n)]).feeds[0]?.value).not.toBeNull()
    const { feeds } = run([...bitcoin, ...tether(949n)])
    expect(feeds[0]?.venues.map(({ code }) => code)).toEqual(Array(3).fill('CONVERSION_DEPEGGED'))
  })

  test('a market of USDT has a quarantine of its own', () => {
    const [first, ...others] = tether(1_000n)
    const away = quoteOf({ ...first, bid: QUOTE_UNIT * 2n, ask: QUOTE_UNIT * 2n })
    const fourth = quoteOf({ ...others[0], venue: 'gemini' })
    const { state } = sampleSources(
      {
        ...settings,
        conversions: settings.conversions.map((conversion) => ({
          ...conversion,
          legs: [...legs, { venue: 'gemini', market: 'USDT/USD', route: [] }],
        })),
      },
      {
        state: SOURCE_STATE_START,
        quotes: bookOf([...bitcoin, away, ...others, fourth]),
        nowMs: NOW_MS,
      },
    )
    expect([...state]).toEqual([
      ['USDT/USD', ['kraken']],
      ['BTC/USD', []],
    ])
  })

  test('the quotes used are those of values and rates, once and in order', () => {
    const { quotesUsed } = run([...bitcoin, ...tether(1_000n), quoteOf({ venue: 'unasked' })])
    expect(quotesUsed.map(({ venue, market }) => `${venue} ${market}`)).toEqual([
      'binance BTC/USDT',
      'bitstamp USDT/USD',
      'bybit BTC/USDT',
      'coinbase USDT/USD',
      'kraken USDT/USD',
      'okx BTC/USDT',
    ])
  })
})
