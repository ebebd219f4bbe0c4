import { describe, expect, test } from 'vitest'
import { sourcesConfigSchema } from '../../../../node/sources/config.ts'
import { configuredVenue } from '../../../../node/sources/configured-venues.ts'
import { LimitsBook } from '../../../../node/sources/limits.ts'
import {
  FUTURE_VENUES,
  OPTION_VENUES,
  PERPETUAL_VENUES,
  VENUES,
} from '../../../../node/sources/registry.ts'
import type { Venue } from '../../../../node/sources/venue.ts'
import type { WholeMarketVenue } from '../../../../node/sources/whole-market.ts'
import { type Declaration, declaration } from '../../../support/declared.ts'

/** A venue that a configuration declares, as it is asked. */
function declaredAt(more: Partial<Declaration>) {
  const declaredVenues = { mine: declaration(more) }
  // A host of a spot venue is refused unless that venue is not asked.
  const venues = { bybit: { enabled: false }, okx: { enabled: false } }
  const config = sourcesConfigSchema.parse({ venues, declaredVenues })
  const found = configuredVenue(config, 'mine')
  if (found === null) throw new Error('the venue was just declared')
  return found.venue
}

describe('a declared venue at a host of one that is built in', () => {
  test.each([
    ['bybit', { baseUrl: 'https://api.bybit.com' }, VENUES.bybit],
    ['bybit at its other host', { baseUrl: 'https://API.bytick.com' }, VENUES.bybit],
    ['deribit', { baseUrl: 'https://www.deribit.com' }, FUTURE_VENUES['deribit-futures']],
    [
      "binance's perpetuals",
      { baseUrl: 'https://fapi.binance.com' },
      PERPETUAL_VENUES['binance-perpetuals'],
    ],
    [
      'bitmex at the second of its hosts',
      { baseUrls: ['https://api.example.com', 'https://www.bitmex.com'], baseUrl: undefined },
      PERPETUAL_VENUES['bitmex-perpetuals'],
    ],
    [
      'the tickers of okx',
      { baseUrl: 'https://www.okx.com/api', path: '/v5/market/tickers?instType={symbol}' },
      OPTION_VENUES['okx-options'],
    ],
  ])('is counted with %s, and left alone with it', (_, at, builtIn) => {
    const venue = declaredAt(at)
    const book = new LimitsBook()
    expect(book.of(venue)).toBe(book.of(builtIn))
    const { limitStatus, usedWeightHeader = null }: Venue | WholeMarketVenue = builtIn
    expect([venue.limitStatus, venue.usedWeightHeader]).toEqual([limitStatus, usedWeightHeader])
    // How fast it is asked stays what was declared.
    expect(venue.budget).toEqual({ weightMax: 5, perMs: 1_000 })
  })

  test.each([
    [
      'another endpoint of okx',
      { baseUrl: 'https://www.okx.com', path: '/api/v5/market/books?instId={symbol}' },
    ],
    ['a host that only begins alike', { baseUrl: 'https://api.bybit.com.example.com' }],
    ['a venue that nobody knows', {}],
  ])('has limits of its own at %s', (_, at) => {
    expect(declaredAt(at).sharedLimits).toBeUndefined()
  })
})
