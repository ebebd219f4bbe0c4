import { expect, test } from 'vitest'
import { PollPace } from '../../../../node/sources/pace.ts'

const MARKETS = ['BTC/USD', 'ETH/USD'].map((market) => ({ market, symbol: market }))

test('polls what no stream brings, and everything each half minute', () => {
  const streamed = new Set<string>()
  const pace = new PollPace(MARKETS, (market) => streamed.has(market))
  const due = (nowMs: number) => pace.due(nowMs).map(({ market }) => market)
  expect(due(0)).toEqual(['BTC/USD', 'ETH/USD'])
  streamed.add('BTC/USD')
  expect(due(1_000)).toEqual(['ETH/USD'])
  streamed.add('ETH/USD')
  expect(due(2_000)).toEqual([])
  expect(due(29_999)).toEqual([])
  expect(due(30_000)).toEqual(['BTC/USD', 'ETH/USD'])
  expect(due(31_000)).toEqual([])
  streamed.clear()
  expect(due(32_000)).toEqual(['BTC/USD', 'ETH/USD'])
})
