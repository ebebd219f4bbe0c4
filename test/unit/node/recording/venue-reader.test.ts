import { expect, test } from 'vitest'
import { plainFeed } from '../../../../node/config/committee-file.ts'
import { headerFrom } from '../../../../node/recording/entry.ts'
import { venueReaders } from '../../../../node/recording/venue-reader.ts'
import { shown } from '../../../support/venue-answers.ts'
import { FEEDS } from '../../../support/venues.ts'

test('frames are read by what their own connection told before', () => {
  const legs = [{ venue: 'bitfinex', market: 'BTC/USD' }]
  const sources = { conversions: [], feeds: { 'BTC/USD': { legs, sourcesMin: 1 } } }
  const feeds = FEEDS.slice(0, 1).map(plainFeed)
  const header = headerFrom({ version: 1, startedMs: 0, feeds, sources })
  const reader = header === null ? undefined : venueReaders(header).get('bitfinex')
  const told = '{"event":"subscribed","channel":"ticker","chanId":7,"symbol":"tBTCUSD"}'
  const read = (connection: number, text: string) => {
    const frame = { type: 'frame', venue: 'bitfinex', connection, atMs: 0, text } as const
    return shown(reader?.framesOf(frame) ?? [])
  }
  expect(read(1, told)).toEqual([])
  // In another connection the number may mean something else.
  expect(read(2, '[7,[99,1,101]]')).toEqual([])
  expect(read(1, '[7,[99,1,101]]')).toEqual([['99', '101', null, null, null, null]])
})
