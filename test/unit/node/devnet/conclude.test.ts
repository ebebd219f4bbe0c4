import { expect, test } from 'vitest'
import { localCommittee } from '../../../../node/devnet/committee.ts'
import { type Conclusion, conclude } from '../../../../node/devnet/conclude.ts'
import { feedsIn, shortcomingsOf } from '../../../../node/devnet/summary.ts'
import { summaryText } from '../../../../node/devnet/text.ts'

const NAMES = ['BTC/USD', 'BTC/USD.FUND', 'BTC/USD.FWD30']
const { file: committee } = localCommittee({ size: 4, feeds: NAMES, genesisMs: 0 })
const { feeds } = committee.params
const indexOf = (name: string) => feeds.findIndex((feed) => feed.name === name)

/** A run of twenty rounds on whose chain the funding is below zero, where no consumer reads it. */
function conclusionOf(onChain: Readonly<Record<string, bigint>>): Conclusion {
  const held = new Map(Object.entries(onChain).map(([name, value]) => [indexOf(name), value]))
  const heldValue = async (feed: number) => held.get(feed) ?? null
  const chain = {
    ...{ deliveries: async () => [], head: async () => 9n, deployment: { hub: '0x' } },
    heldValue,
    heldRound: async (feed: number) => (held.has(feed) ? 7 : 0),
    consumerPrice: async (feed: number) => {
      const value = held.get(feed) ?? null
      return value !== null && value > 0n ? value : null
    },
  }
  const network = { committee, chain, nodes: [], keygenMs: null }
  const monitor = {
    look: async () => ({ overviews: [], consumers: [] }),
    ...{ rounds: () => [], firstOnChainMs: 1 },
  }
  const parts = { network, monitor, outage: { returns: [] }, range: { from: 1, to: 20 } }
  return { ...parts, desk: { view: () => null, failure: null } } as unknown as Conclusion
}

const VALUES = {
  'BTC/USD': 6_400_000_000_000n,
  'BTC/USD.IV30': 55_000_000n,
  'BTC/USD.FUND': -1_250n,
  'BTC/USD.FWD30': 6_420_000_000_000n,
}

test('a summary lists forwards and funding rates as the chain holds them, below zero too', async () => {
  const summary = await conclude(conclusionOf(VALUES))
  const listed = feedsIn(summary).map(({ id, onChainValue }) => [id, onChainValue])
  expect(listed).toEqual([
    ['BTC/USD', '64000.00000000'],
    ['BTC/USD.IV30', '0.55000000'],
    ['BTC/USD.FWD30', '64200.00000000'],
    ['BTC/USD.FUND', '-0.00001250'],
  ])
  expect(summary.fundingRates.map(({ id }) => id)).toEqual(['BTC/USD.FUND'])
  expect(summaryText(summary)).toContain('-0.00001250 on chain')
})

test('one that did not get to the chain is not as it should be', async () => {
  const { 'BTC/USD.FUND': _, ...others } = VALUES
  const summary = await conclude(conclusionOf(others))
  expect(shortcomingsOf(summary, 0)).toContain('BTC/USD.FUND is not on chain')
})

test('rounds that are missing come with what a newcomer can do about them', async () => {
  const hint = 'on a busy machine messages come late: try again when it is idle'
  const summary = await conclude(conclusionOf(VALUES))
  const rounds = { ...summary.rounds, opened: 20, certified: 18, fast: 17 }
  const found = shortcomingsOf({ ...summary, rounds }, 0)
  expect(found).toContain(`only 18 of 20 rounds were certified; ${hint}`)
  expect(found).toContain(`only 17 of 20 rounds took the fast path; ${hint}`)
})
