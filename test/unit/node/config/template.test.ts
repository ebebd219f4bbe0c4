import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfig } from '../../../../node/config/load.ts'
import { configTemplate } from '../../../../node/config/template.ts'
import { TEMPLATE_VALUES } from './fixtures.ts'

test('what the template writes is a good configuration with the given values', () => {
  expect(parseConfig(configTemplate(TEMPLATE_VALUES))).toMatchObject({
    type: 'parsed',
    config: {
      name: 'alpha',
      keys: { passphrase: { prompt: true } },
      network: { members: TEMPLATE_VALUES.members },
      chains: [{ name: 'local', chainId: 31_337 }],
      api: { port: 8_081 },
    },
  })
})

test('no conversion carries half of the weight of a feed, and none of them depends on one venue', () => {
  const parsed = parseConfig(configTemplate(TEMPLATE_VALUES))
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
  const text = configTemplate({ ...TEMPLATE_VALUES, members: [], chain: null })
  expect(parseConfig(text)).toMatchObject({ config: { network: { members: [] }, chains: [] } })
})

test('given no chain, then what it shows of one can be put in use by taking the marks away', () => {
  const text = configTemplate({ ...TEMPLATE_VALUES, chain: null })
  const used = text.replaceAll(/^# (chains:| {2,})/gm, '$1')
  expect(parseConfig(used)).toMatchObject({ config: { chains: [{ name: 'mainnet' }] } })
})

test('no path can break out of its place', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }), (passphraseFile) => {
      const parsed = parseConfig(configTemplate({ ...TEMPLATE_VALUES, passphraseFile }))
      const file = passphraseFile
      expect(parsed).toMatchObject({ config: { keys: { passphrase: { file } } } })
    }),
  )
})
