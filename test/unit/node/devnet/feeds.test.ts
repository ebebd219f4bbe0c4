import { expect, test } from 'vitest'
import { problemsOf } from '../../../../aggregator/committee/params-check.ts'
import { localCommitteeToBe } from '../../../../node/devnet/committee.ts'
import { parseDevnetOptions } from '../../../../node/devnet/options.ts'

const feedsOf = (text: string) => parseDevnetOptions(['--feeds', text])?.feeds ?? []

test('a local network signs the funding and the futures of a market that it has', () => {
  const feeds = feedsOf('BTC/USD,BTC/USD.FUND,ETH/USD,ETH/USD.FWD30')
  const { params } = localCommitteeToBe({ size: 4, feeds, genesisMs: 0 })
  expect(problemsOf(params)).toEqual([])
  expect(params.feeds.slice(0, 4)).toMatchObject([
    { kind: 'spot' },
    { kind: 'funding', valueMin: -2_000_000n, derivation: { of: 'BTC/USD', windowMs: 28_800_000 } },
    { kind: 'spot' },
    { kind: 'forward', derivation: { of: 'ETH/USD', windowMs: 2_592_000_000 } },
  ])
  // What the option market needs is of the first feed.
  expect(params.feeds.slice(4).map(({ name }) => name)).toContain('BTC/USD.IV30')
})

test.each([
  ['a market without derivatives', 'BTC/USD,BTC/USD.INDEX'],
  ['the derivatives of a market that is not there', 'BTC/USD,ETH/USD.FUND'],
  ['derivatives before their market', 'BTC/USD.FUND,BTC/USD'],
  ['a feed twice', 'BTC/USD,BTC/USD.FUND,BTC/USD.FUND'],
])('%s is refused', (_, text) => {
  expect(() => feedsOf(text)).toThrow('--feeds')
})
