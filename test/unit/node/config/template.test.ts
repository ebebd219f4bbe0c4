import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfig } from '../../../../node/config/load.ts'
import type { TemplateValues } from '../../../../node/config/template.ts'
import { configTemplate } from '../../../../node/config/template.ts'

const VALUES: TemplateValues = {
  name: 'alpha',
  committee: 'committee.json',
  listen: ['/ip4/0.0.0.0/tcp/9000'],
  members: [{ index: 1, address: '/dns4/beta.example/tcp/9000' }],
  passphraseFile: null,
  strength: 'standard',
  apiPort: 8_081,
  chain: {
    name: 'local',
    chainId: 31_337,
    contract: `0x${'ab'.repeat(20)}`,
    rpcUrls: ['http://127.0.0.1:8545'],
  },
}

test('what the template writes is a good configuration with the given values', () => {
  expect(parseConfig(configTemplate(VALUES))).toMatchObject({
    type: 'parsed',
    config: {
      name: 'alpha',
      keys: { passphrase: { prompt: true } },
      network: { members: VALUES.members },
      chains: [{ name: 'local', chainId: 31_337 }],
      api: { port: 8_081 },
    },
  })
})

test('no conversion carries half of the weight of a feed, and none of them depends on one venue', () => {
  const parsed = parseConfig(configTemplate(VALUES))
  if (parsed.type === 'refused') throw new Error('the template is a good configuration')
  const feeds = Object.entries(parsed.config.sources.feeds)
  expect(feeds.map(([name]) => name)).toEqual(['BTC/USD', 'ETH/USD', 'SOL/USD'])
  for (const [, { legs, weightBpsMax, sourcesMin }] of feeds) {
    const converted = legs.filter(({ market }) => market.endsWith('/USDT')).length
    expect(converted * weightBpsMax).toBeLessThan(5_000)
    expect(legs.length - converted).toBeGreaterThanOrEqual(6)
    expect(sourcesMin).toBe(3)
  }
})

test('without members and chains it is a good configuration, too', () => {
  const text = configTemplate({ ...VALUES, members: [], chain: null })
  expect(parseConfig(text)).toMatchObject({ config: { network: { members: [] }, chains: [] } })
})

test('given no chain, then what it shows of one can be put in use by taking the marks away', () => {
  const text = configTemplate({ ...VALUES, chain: null })
  const used = text.replaceAll(/^# (chains:| {2,})/gm, '$1')
  expect(parseConfig(used)).toMatchObject({ config: { chains: [{ name: 'mainnet' }] } })
})

test('no path can break out of its place', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }), (passphraseFile) => {
      const parsed = parseConfig(configTemplate({ ...VALUES, passphraseFile }))
      const file = passphraseFile
      expect(parsed).toMatchObject({ config: { keys: { passphrase: { file } } } })
    }),
  )
})
