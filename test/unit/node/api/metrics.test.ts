import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createMetrics } from '../../../../node/api/metrics.ts'

const doc = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8')
const ours = createMetrics()
  .registry.getMetricsAsArray()
  .filter(({ name }) => name.startsWith('parallax_'))

test.each(ours.map(({ name }) => name))('docs/metrics.md explains %s', (name) => {
  expect(doc).toContain(`| \`${name}\` |`)
})

test('docs/metrics.md explains no metric that does not exist', () => {
  const explained = [...doc.matchAll(/^\| `(parallax_\w+)` \|/gm)].map(([, name]) => name)
  expect(explained.filter((name) => !ours.some((metric) => metric.name === name))).toEqual([])
})

test('a name ends with its unit, a counter with total', () => {
  const units = /_(seconds|ether|units|ratio|total|bytes)$/
  const countsThings = [
    'parallax_round',
    'parallax_signer_watermark',
    'parallax_peers_connected',
    'parallax_peer_observed_rounds',
    'parallax_public_peers_connected',
    'parallax_stream_readers',
    'parallax_feed_sources',
  ]
  const flags = [
    'parallax_build_info',
    'parallax_config_refused',
    'parallax_feed_available',
    'parallax_obstacle',
    'parallax_peer_build_info',
    'parallax_peer_connected',
    'parallax_peer_protocol_differs',
    'parallax_peer_copying_suspected',
    'parallax_source_state',
    'parallax_rpc_endpoint_usable',
    'parallax_wallet_signer_usable',
    'parallax_signer_reachable',
    'parallax_venue_stream_open',
  ]
  const nameless = ours
    .map(({ name }) => name)
    .filter((name) => !units.test(name) && !countsThings.includes(name) && !flags.includes(name))
  expect(nameless).toEqual([])
})

test('two nodes in one process have registries of their own', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.round.set(7)
  expect(await one.registry.metrics()).toContain('parallax_round 7')
  expect(await other.registry.metrics()).not.toContain('parallax_round 7')
})
