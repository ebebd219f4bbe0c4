import { describe, expect, test } from 'vitest'
import type { OptionChain } from '../../../../aggregator/aggregation/option-chain.ts'
import { placeAsked } from '../../../../node/sources/asked.ts'
import type { SourcesConfigInput } from '../../../../node/sources/config.ts'
import { sourcesConfigSchema } from '../../../../node/sources/config.ts'
import {
  optionRequests,
  optionSource,
  type VolatilityFeed,
} from '../../../../node/sources/option-source.ts'
import type { OptionVenue } from '../../../../node/sources/option-venue.ts'
import { bybitOptions } from '../../../../node/sources/option-venues/bybit.ts'
import { okxOptions } from '../../../../node/sources/option-venues/okx.ts'
import { bybit } from '../../../../node/sources/venues/bybit.ts'
import {
  CHAIN_MS,
  chainRules,
  DAY_MS,
  evenStrikes,
  modelChain,
} from '../../../support/option-chains.ts'

const strikesBps = evenStrikes(5_000, 20_000, 100)
const MONTH = modelChain([
  { days: 25, volatilityBps: 6_000, strikesBps },
  { days: 39, volatilityBps: 6_000, strikesBps },
])

/** A venue that answers with a chain, whatever it is asked. */
const venueOf = (chain: OptionChain): OptionVenue => ({
  name: 'fake-options',
  baseUrl: 'https://example.com',
  pollMs: 10_000,
  budget: { weightMax: 4, perMs: 10_000 },
  symbolOf: (market) => market.slice(0, 3),
  pathOf: (symbol) => `/chain/${symbol}`,
  parse: () => chain,
})

const feed = (name: string, underlying: string, days: number): VolatilityFeed => ({
  name,
  underlying,
  tenorMs: days * DAY_MS,
  rules: chainRules(),
})
const FEEDS = [feed('BTC.IV30', 'BTC/USD', 30), feed('BTC.IV300', 'BTC/USD', 300)]

describe('an option venue as a source', () => {
  test('is asked once for each underlying, whatever the number of tenors', () => {
    const feeds = [...FEEDS, feed('ETH.IV30', 'ETH/USD', 30)]
    const requests = optionRequests(venueOf(MONTH), { feeds, symbols: { 'ETH/USD': 'ETHX' } })
    expect(requests).toEqual([
      {
        path: '/chain/BTC',
        weight: 1,
        markets: [
          { market: 'BTC.IV30', symbol: 'BTC' },
          { market: 'BTC.IV300', symbol: 'BTC' },
        ],
      },
      { path: '/chain/ETHX', weight: 1, markets: [{ market: 'ETH.IV30', symbol: 'ETHX' }] },
    ])
  })

  test('quotes the index of each tenor with its options, or says why there is none', () => {
    const venue = venueOf(MONTH)
    const [request] = optionRequests(venue, { feeds: FEEDS, symbols: {} })
    if (request === undefined) throw new Error('there is one request')
    const [month, year] = optionSource(venue, FEEDS).parse(null, request, CHAIN_MS)
    if (month?.type !== 'quoted') throw new Error('the month has an index')
    const { bid, ask, venueMs, options } = month.quote
    expect(Number(bid) / 6e17).toBeCloseTo(1, 2)
    expect(ask).toBe(bid)
    expect(venueMs).toBe(CHAIN_MS)
    // Both expiries, every strike once and the money twice.
    expect(options?.length).toBe(2 * (strikesBps.length + 1))
    expect(year).toEqual({
      type: 'refused',
      market: 'BTC.IV300',
      code: 'SOURCE_VOLATILITY_ABSENT',
      detail: 'EXPIRIES_ABSENT',
    })
  })
})

test('options of Bybit are shut out by the same status as its spot markets', () => {
  const limitStatus = { status: 403, pauseMs: 600_000 }
  expect(optionSource(bybitOptions, [])).toMatchObject({ limitStatus })
  expect(bybit).toMatchObject({ limitStatus })
})

test('options are asked for at a place of their own, by symbols of their own', () => {
  const placeOf = (input: SourcesConfigInput) =>
    placeAsked(sourcesConfigSchema.parse(input), { venue: 'okx-options', market: 'BTC.IV30' })
  const options = (more: object) => placeOf({ optionVenues: { 'okx-options': more } })
  expect(options({ baseUrl: okxOptions.baseUrl, pollMs: 20_000 })).toEqual(placeOf({}))
  expect(options({ symbols: { 'BTC/USD': 'XBT-USD' } })).not.toEqual(placeOf({}))
  expect(options({ baseUrl: 'https://elsewhere.example' })).not.toEqual(placeOf({}))
})
