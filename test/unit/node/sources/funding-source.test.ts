import { describe, expect, test } from 'vitest'
import { fundingRequests, fundingSource } from '../../../../node/sources/funding-source.ts'
import { readJson } from '../../../../node/sources/json.ts'
import type { PerpetualVenue } from '../../../../node/sources/perpetual-venue.ts'
import { binancePerpetuals } from '../../../../node/sources/perpetual-venues/binance.ts'
import { okxPerpetuals } from '../../../../node/sources/perpetual-venues/okx.ts'

const NOW_MS = 1_790_000_000_000
const EIGHT = { name: 'BTC.FUND8H', underlying: 'BTC/USD', windowMs: 28_800_000 }
const FEEDS = [EIGHT, { name: 'ETH.FUND1H', underlying: 'ETH/USD', windowMs: 3_600_000 }]

/** Binance as a node asks it, and what its answers bring. */
function asked(venue: PerpetualVenue = binancePerpetuals) {
  const requests = fundingRequests(venue, { feeds: FEEDS, symbols: {} })
  const source = fundingSource(venue, FEEDS)
  const hear = (path: string, answer: unknown, atMs = NOW_MS) => {
    const request = requests.find((each) => each.path === path)
    if (request === undefined) throw new Error('it is not asked for that')
    return source.parse(readJson(JSON.stringify(answer)), request, atMs).map((each) => {
      return each.type === 'quoted' ? each.quote.bid : [each.market, each.code, each.detail]
    })
  }
  return { requests, hear }
}

const RATES = '/fapi/v1/premiumIndex'
const INTERVALS = '/fapi/v1/fundingInfo'
const rates = ['BTCUSDT', 'ETHUSDT'].map((symbol) => {
  return { symbol, lastFundingRate: '-0.00020000', time: NOW_MS }
})
const intervals = (hours: number) =>
  ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ symbol, fundingIntervalHours: hours }))

describe('a venue of perpetuals as a source', () => {
  test('is asked once for all feeds, and for intervals where it wants that', () => {
    expect(asked().requests.map(({ path, weight }) => [path, weight])).toEqual([
      [INTERVALS, 1],
      [RATES, 10],
    ])
    const symbols = { 'BTC/USD': 'BTC-USD-SWAP' }
    expect(fundingRequests(okxPerpetuals, { feeds: FEEDS, symbols })).toEqual([
      {
        path: okxPerpetuals.path,
        weight: 1,
        markets: [
          { market: 'BTC.FUND8H', symbol: 'BTC-USD-SWAP' },
          { market: 'ETH.FUND1H', symbol: 'ETH-USDT-SWAP' },
        ],
      },
    ])
    expect(fundingRequests(okxPerpetuals, { feeds: [], symbols })).toEqual([])
  })

  test('brings rates of different intervals to those of the feeds', () => {
    const { hear } = asked()
    expect(hear(INTERVALS, intervals(4))).toEqual([])
    expect(hear(RATES, rates)).toEqual([-(4n * 10n ** 14n), -(5n * 10n ** 13n)])
  })

  test('keeps rates that came first until it hears of intervals, and quotes them once', () => {
    const { hear } = asked()
    expect(hear(RATES, rates)).toEqual([])
    expect(hear(INTERVALS, intervals(8))).toHaveLength(2)
    expect(hear(INTERVALS, intervals(8))).toEqual([])
  })

  test('refuses a rate whose interval is not there, or was said too long ago', () => {
    const { hear } = asked()
    hear(INTERVALS, intervals(8).slice(0, 1))
    const unknown = ['ETH.FUND1H', 'SOURCE_FUNDING_ABSENT', 'INTERVAL_UNKNOWN']
    expect(hear(RATES, rates)).toEqual([-(2n * 10n ** 14n), unknown])
    expect(hear(RATES, rates, NOW_MS + 600_000)).toEqual([-(2n * 10n ** 14n), unknown])
    expect(hear(RATES, rates, NOW_MS + 600_001)[0]).toContain('INTERVAL_UNKNOWN')
  })

  test('says of one strange rate what it is, and goes on with the others', () => {
    const { hear } = asked()
    hear(INTERVALS, intervals(8))
    const strange = { ...rates[0], lastFundingRate: 'none' }
    expect(hear(RATES, [strange])).toEqual([
      ['BTC.FUND8H', 'SOURCE_NUMBER_INVALID', undefined],
      ['ETH.FUND1H', 'SOURCE_SYMBOL_ABSENT', undefined],
    ])
  })
})
