import { describe, expect, test } from 'vitest'
import {
  convert,
  type Rate,
  routeBetween,
} from '../../../../aggregator/aggregation/quotes-graph.ts'
import { QUOTE_UNIT } from '../../../../aggregator/values/fixed-point.ts'
import { currenciesOf } from '../../../../aggregator/values/market.ts'
import { units } from '../../../support/quotes.ts'

const known = (rate: bigint): Rate => ({ type: 'known', rate })

describe('routeBetween', () => {
  test('the same currency needs no hop', () => {
    expect(routeBetween([], { from: 'USD', to: 'USD' })).toEqual([])
  })

  test('USDT is not USD unless a market says what it is worth', () => {
    expect(routeBetween([], { from: 'USDT', to: 'USD' })).toBeNull()
  })

  test('finds the shortest way, in either direction', () => {
    const markets = ['EUR/USD', 'USDT/EUR', 'USDT/USD']
    expect(routeBetween(markets, { from: 'USDT', to: 'USD' })).toEqual([
      { market: 'USDT/USD', direction: 'multiply' },
    ])
    expect(routeBetween(markets.slice(0, 2), { from: 'USD', to: 'USDT' })).toEqual([
      { market: 'EUR/USD', direction: 'divide' },
      { market: 'USDT/EUR', direction: 'divide' },
    ])
  })

  test('goes no further than three hops and ends in circles', () => {
    const chain = ['A/B', 'B/C', 'C/D', 'D/E', 'D/A']
    expect(routeBetween(chain, { from: 'A', to: 'C' })).toHaveLength(2)
    expect(routeBetween(['A/B', 'B/C', 'C/D', 'D/E'], { from: 'A', to: 'E' })).toBeNull()
    expect(routeBetween(chain, { from: 'A', to: 'Z' })).toBeNull()
  })
})

describe('convert', () => {
  const route = [{ market: 'USDT/USD', direction: 'multiply' as const }]

  test('multiplies by what the market says', () => {
    const rates = new Map([['USDT/USD', known((QUOTE_UNIT * 999n) / 1_000n)]])
    expect(convert(units(1_000), { route, rates })).toEqual({
      type: 'converted',
      price: units(999),
    })
  })

  test('divides on the way back, rounding to the nearest', () => {
    const rates = new Map([['EUR/USD', known(units(3))]])
    const back = [{ market: 'EUR/USD', direction: 'divide' as const }]
    expect(convert(2n * QUOTE_UNIT, { route: back, rates })).toEqual({
      type: 'converted',
      price: 666_666_666_666_666_667n,
    })
  })

  test('given no rate, then there is no price: never one for one', () => {
    expect(convert(1n, { route, rates: new Map() })).toEqual({
      type: 'refused',
      code: 'CONVERSION_ABSENT',
    })
    const rates = new Map<string, Rate>([
      ['USDT/USD', { type: 'unknown', code: 'CONVERSION_DEPEGGED' }],
    ])
    expect(convert(1n, { route, rates })).toMatchObject({ code: 'CONVERSION_DEPEGGED' })
  })
})

test.each(['BTC', 'btc/usd', 'BTC/', '/USD', 'BTC/USD/X', 'BTC USD', '__proto__'])(
  'currenciesOf refuses %s',
  (market) => {
    expect(currenciesOf(market)).toBeNull()
  },
)
