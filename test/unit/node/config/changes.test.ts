import { expect, test } from 'vitest'
import { changesBetween } from '../../../../node/config/changes.ts'
import { parseConfig } from '../../../../node/config/load.ts'
import { certifier, feedsNamed } from '../../../support/certificates.ts'

const { file: committee } = certifier({ feeds: feedsNamed(1) })
const CHAIN = { name: 'main.net', chainId: 1, contract: `0x${'11'.repeat(20)}` }
const BASE = {
  committee: 'committee.json',
  keys: {
    ...{ identity: 'i', signingShare: 's', transmitter: 't' },
    passphrase: { file: 'p' },
  },
  network: { listen: ['/ip4/127.0.0.1/tcp/9000'], members: [] },
  chains: [{ ...CHAIN, rpcUrls: ['https://rpc.example/key-1'] }],
}

function loaded(changes: object) {
  const parsed = parseConfig(JSON.stringify({ ...BASE, ...changes }))
  if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
  return { config: parsed.config, committee, predecessor: null }
}

/** What changes when this is written in place of the base. */
const changed = (changes: object) => changesBetween(loaded({}), loaded(changes))
const chain = (changes: object) => ({ chains: [{ ...BASE.chains[0], ...changes }] })

test('given the same settings in another order, or defaults written out, then nothing changed', () => {
  const reversed = Object.fromEntries(Object.entries(BASE).toReversed())
  expect(changesBetween(loaded({}), loaded(reversed))).toEqual({ applied: [], restart: [] })
  expect(changed({ log: { level: 'info' } })).toEqual({ applied: [], restart: [] })
})

test.each([
  [
    'a setting of a venue',
    { sources: { venues: { kraken: { timeoutMs: 1_500 } } } },
    'sources.venues.kraken.timeoutMs',
  ],
  [
    'the key in an address',
    chain({ rpcUrls: ['https://rpc.example/key-2'] }),
    'chains.main.net.rpcUrls',
  ],
  ['a cap', chain({ feePerGasGweiMax: '7' }), 'chains.main.net.feePerGasGweiMax'],
  ['relays', chain({ sendUrls: ['https://relay.example'] }), 'chains.main.net.sendUrls'],
  ['a limit of the API', { api: { connectionsMax: 7 } }, 'api.connectionsMax'],
  ['the level of the log', { log: { level: 'debug' } }, 'log.level'],
])('given %s, then a node that runs takes it over, named without its value', (_, changes, path) => {
  expect(changed(changes)).toEqual({ applied: [path], restart: [] })
})

test.each([
  ['another port', { api: { port: 9_999 } }, 'api.port'],
  [
    'another target',
    { chains: [...BASE.chains, { ...CHAIN, name: 'b', chainId: 2, rpcUrls: ['https://b'] }] },
    'chains.b',
  ],
  ['no target', { chains: [] }, 'chains.main.net'],
  ['another contract', chain({ contract: `0x${'22'.repeat(20)}` }), 'chains.main.net.contract'],
  ['more confirmations', chain({ confirmations: 5 }), 'chains.main.net.confirmations'],
  [
    'another address',
    { network: { listen: ['/ip4/127.0.0.1/tcp/9001'], members: [] } },
    'network.listen',
  ],
  ['another form of the log', { log: { format: 'text' } }, 'log.format'],
])('given %s, then it needs a restart', (_, changes, path) => {
  expect(changed(changes)).toEqual({ applied: [], restart: [path] })
})

test('given a feed that comes and venues that go, then each is named', () => {
  const legs = [{ venue: 'kraken', market: 'ABC/USD' }]
  const { applied, restart } = changed({
    sources: { feeds: { 'ABC/USD': { legs, sourcesMin: 1 } } },
  })
  expect(restart).toEqual([])
  expect(applied).toContain('sources.feeds.ABC/USD')
  expect(applied).toContain('sources.feeds.BTC/USD')
})

test('given another committee under the same name, then it needs a restart', () => {
  const other = certifier({ feeds: feedsNamed(2) }).file
  const { applied, restart } = changesBetween(loaded({}), { ...loaded({}), committee: other })
  expect(applied).toEqual([])
  expect(restart.length).toBeGreaterThan(0)
  expect(restart.every((path) => path.startsWith('committee file.'))).toBe(true)
})
