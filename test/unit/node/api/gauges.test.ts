import { expect, test } from 'vitest'
import { mirror } from '../../../../node/api/gauges.ts'
import { createMetrics } from '../../../../node/api/metrics.ts'
import { FakeView } from './fake-view.ts'

/** Series of these gauges, as a scrape has them. */
async function scraped(view: FakeView, metrics: ReturnType<typeof createMetrics>) {
  mirror(view, metrics)
  const text = await metrics.registry.metrics()
  const shown = /^parallax_(venue_stream_open|rpc_endpoint_usable|source_age_seconds)\{/
  return text.split('\n').filter((line) => shown.test(line))
}

test('given a reload took venues and endpoints away, then their series go', async () => {
  const view = new FakeView()
  const metrics = createMetrics()
  const before = await scraped(view, metrics)
  expect(before).toEqual(
    expect.arrayContaining([
      'parallax_venue_stream_open{venue="kraken"} 0',
      'parallax_source_age_seconds{venue="okx",feed="BTC/USD"} 0.28',
      'parallax_rpc_endpoint_usable{target="local",endpoint="127.0.0.1:8546"} 0',
    ]),
  )
  const [venues, sources, chains] = [view.venues(), view.sources(), view.chains()]
  view.venues = () => venues.filter(({ venue }) => venue === 'binance')
  view.sources = () =>
    sources.filter(({ venue, feed }) => venue === 'binance' && feed === 'BTC/USD')
  view.chains = () => chains.map((chain) => ({ ...chain, endpoints: chain.endpoints.slice(0, 1) }))
  expect(await scraped(view, metrics)).toEqual([
    'parallax_source_age_seconds{venue="binance",feed="BTC/USD"} 0.31',
    'parallax_venue_stream_open{venue="binance"} 1',
    'parallax_rpc_endpoint_usable{target="local",endpoint="127.0.0.1:8545"} 1',
  ])
})
