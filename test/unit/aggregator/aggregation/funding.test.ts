import { describe, expect, test } from 'vitest'
import { type FundingQuote, fundingRate } from '../../../../aggregator/aggregation/funding.ts'
import {
  type FeedSettings,
  SOURCE_STATE_START,
  type SourceState,
  sampleSources,
} from '../../../../aggregator/aggregation/node-value.ts'
import { parseDecimal } from '../../../../aggregator/values/decimal.ts'
import { QUOTE_UNIT } from '../../../../aggregator/values/fixed-point.ts'
import { bookOf, feedOf, NOW_MS, quoteOf, rulesOf, settingsOf } from '../../../support/quotes.ts'

const HOUR_MS = 3_600_000

/** A decimal at the decimals of quotes. */
function rate(text: string): bigint {
  const outcome = parseDecimal(text, { decimals: 18, rounding: 'floor' })
  if (outcome.type === 'refused') throw new Error(outcome.code)
  return outcome.value
}

const stated = (more: Partial<FundingQuote> = {}): FundingQuote => ({
  rate: rate('0.0001'),
  intervalMs: 8 * HOUR_MS,
  venueMs: NOW_MS,
  ...more,
})

describe("a venue's rate over another time", () => {
  test.each([
    ['as it is', 8, 8, '0.0001', '0.0001'],
    ['of four hours, twice', 4, 8, '0.0001', '0.0002'],
    ['of one hour, eight times', 1, 8, '-0.0000125', '-0.0001'],
    ['of eight hours over one', 8, 1, '0.0008', '0.0001'],
    ['of eight hours over a year', 8, 8_760, '0.0001', '0.1095'],
    ['of zero', 8, 8, '0', '0'],
  ])('is %s', (_, hours, window, from, to) => {
    const quote = stated({ rate: rate(from), intervalMs: hours * HOUR_MS })
    expect(fundingRate(quote, window * HOUR_MS)).toEqual({
      type: 'known',
      quote: {
        bid: rate(to),
        ask: rate(to),
        last: null,
        lastTradeMs: null,
        baseVolume: null,
        venueMs: NOW_MS,
      },
    })
  })

  test('is rounded down, which is away from zero where shorts pay', () => {
    const scaled = (unit: bigint) => {
      const outcome = fundingRate(stated({ rate: unit }), HOUR_MS)
      return outcome.type === 'known' ? outcome.quote.bid : outcome.code
    }
    expect([scaled(9n), scaled(1n), scaled(-1n), scaled(-9n)]).toEqual([1n, 0n, -1n, -2n])
  })

  test.each([
    ['no interval', { intervalMs: null }, 'INTERVAL_UNKNOWN'],
    ['an interval of seconds', { intervalMs: 28_800 }, 'INTERVAL_STRANGE'],
    ['an interval of two days', { intervalMs: 48 * HOUR_MS }, 'INTERVAL_STRANGE'],
    ['an interval that ended before it began', { intervalMs: -8 * HOUR_MS }, 'INTERVAL_STRANGE'],
    ['no time', { venueMs: null }, 'TIME_ABSENT'],
    ['a rate beyond the position', { rate: QUOTE_UNIT + 1n }, 'RATE_OUT_OF_RANGE'],
    ['a rate beyond it downwards', { rate: -QUOTE_UNIT - 1n }, 'RATE_OUT_OF_RANGE'],
  ])('is refused with %s', (_, more, code) => {
    expect(fundingRate(stated(more), 8 * HOUR_MS)).toEqual({ type: 'refused', code })
  })
})

const VENUES = ['binance', 'coinbase', 'kraken', 'bitstamp', 'okx']

/** The value of a funding feed of eight decimals, and what became of each venue. */
function fundedAt(
  rates: readonly string[],
  options: { readonly state?: SourceState; readonly feed?: Partial<FeedSettings> } = {},
) {
  const { state = SOURCE_STATE_START, feed = {} } = options
  const quotes = rates.map((text, index) => {
    const both = { bid: rate(text), ask: rate(text), last: null, baseVolume: null }
    return quoteOf({ ...both, venue: VENUES[index] ?? 'none' })
  })
  const rules = rulesOf({ measure: 'rate', outlierBps: 5_000, outlierReachMin: rate('0.0005') })
  const feeds = [feedOf({ valueMin: -2_000_000n, valueMax: 2_000_000n, rules, ...feed })]
  const input = { state, quotes: bookOf(quotes), nowMs: NOW_MS }
  const outcome = sampleSources(settingsOf({ feeds }), input)
  const [value] = outcome.feeds
  if (value === undefined) throw new Error('a feed was asked for')
  return { ...value, state: outcome.state, codes: value.venues.map(({ code }) => code) }
}

describe('the value of a funding feed', () => {
  test.each([
    ['above zero', ['0.0001', '0.00012', '0.00008'], 10_000n],
    ['at zero', ['0.00001', '0', '-0.00001'], 0n],
    ['below zero', ['-0.0003', '-0.00031', '-0.00028'], -30_000n],
    ['of two venues on both sides of zero', ['0.00003', '-0.00002'], 500n],
    ['of two whose middle is between two units', ['-0.00000001', '-0.00000002'], -1n],
  ])('is the median of its venues, %s', (_, rates, value) => {
    const rules = { ...rulesOf({ measure: 'rate', outlierReachMin: rate('0.0005') }) }
    const few = { feed: { rules: { ...rules, sourcesMin: 2 } } }
    expect(fundedAt(rates, few)).toMatchObject({ value, reason: null })
  })

  test('takes venues for agreeing that are near, whatever share of the median that is', () => {
    const { codes } = fundedAt(['0.000001', '-0.0002', '0.0003', '0.00001', '-0.00001'])
    expect(codes).toEqual(Array(5).fill('USED'))
  })

  test('leaves out a venue that is far, and takes it back within half of the reach', () => {
    const calm = ['0.0001', '0.0001', '0.0001', '0.0001']
    const far = fundedAt([...calm, '-0.00041'])
    expect(far.codes[4]).toBe('QUARANTINED')
    const near = fundedAt([...calm, '-0.0003'], { state: far.state })
    expect(near.codes[4]).toBe('QUARANTINED')
    const back = fundedAt([...calm, '-0.0001'], { state: near.state })
    expect(back.codes[4]).toBe('USED')
  })

  test('lets venues differ by half where rates are large', () => {
    const wild = ['-0.004', '-0.0042', '-0.0059', '-0.0039', '-0.0021']
    expect(fundedAt(wild).codes).toEqual(Array(5).fill('USED'))
    const { codes } = fundedAt([...wild.slice(0, 4), '-0.0019'])
    expect(codes[4]).toBe('QUARANTINED')
  })

  test('moves an outlier to the edge where the rule says so', () => {
    const rules = rulesOf({
      measure: 'rate',
      outlierRule: 'clamp',
      outlierReachMin: rate('0.0005'),
    })
    const { codes, value } = fundedAt(['0.0001', '0', '-0.0001', '0.9', '0.9'], { feed: { rules } })
    expect(codes).toEqual(['USED', 'USED', 'USED', 'CLAMPED', 'CLAMPED'])
    expect(value).toBe(10_000n)
  })

  test('is absent outside the bounds of the committee, and where too few agree', () => {
    expect(fundedAt(['-0.03', '-0.03', '-0.03']).reason).toBe('VALUE_OUT_OF_BOUNDS')
    expect(fundedAt(['-0.01', '0.0001', '0.01']).reason).toBe('SOURCES_DISAGREE')
  })

  test('a price is not let below zero by the rules of rates', () => {
    const { reason, codes } = fundedAt(['-1', '-1', '-1'], { feed: { rules: rulesOf() } })
    expect([reason, codes[0]]).toEqual(['SOURCES_TOO_FEW', 'BOOK_ABSENT'])
  })
})
