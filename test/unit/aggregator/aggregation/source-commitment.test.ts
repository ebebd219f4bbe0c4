import { keccak_256 } from '@noble/hashes/sha3.js'
import { expect, test } from 'vitest'
import {
  quoteBytes,
  sourceCommitment,
} from '../../../../aggregator/aggregation/source-commitment.ts'
import { toHex } from '../../../../aggregator/values/bytes.ts'
import { CHAIN_MS, modelChain } from '../../../support/option-chains.ts'
import { quoteOf } from '../../../support/quotes.ts'

const commit = (...quotes: Parameters<typeof quoteOf>[0][]) =>
  toHex(sourceCommitment(keccak_256, quotes.map(quoteOf)))

test('given no quote, then the commitment is 32 zero bytes', () => {
  expect(commit()).toBe('00'.repeat(32))
})

test('every field that a venue said changes the commitment', () => {
  const commitments = [
    commit({}),
    commit({ bid: 1n }),
    commit({ bid: null }),
    commit({ ask: 1n }),
    commit({ last: null }),
    commit({ lastTradeMs: 1 }),
    commit({ baseVolume: null }),
    commit({ venueMs: null }),
    commit({ receivedMs: 1 }),
    commit({ venue: 'krake', market: 'nBTC/USD' }),
    commit({}, {}),
  ]
  expect(new Set(commitments).size).toBe(commitments.length)
})

test('the moment at which this node saw a change is its own affair', () => {
  expect(commit({ changedMs: 1 })).toBe(commit({ changedMs: 2 }))
})

test('quoteBytes begins with its domain and has a fixed layout', () => {
  const bytes = quoteBytes(quoteOf({ bid: null, ask: null, last: null, baseVolume: null }))
  expect(bytes.length).toBe(16 + 2 + 6 + 2 + 7 + 5 + 9 + 8)
  expect(new TextDecoder().decode(bytes.subarray(0, 16))).toBe('parallax.quote.1')
})

test('the options behind a volatility are committed to, each with all that the venue said', () => {
  const { options } = modelChain([{ days: 30, volatilityBps: 6_000, strikesBps: [9_000, 10_000] }])
  const [first] = options
  if (first === undefined) throw new Error('a chain has options')
  const spoiled = [
    { expiryMs: CHAIN_MS },
    { strike: 1n },
    { side: 'put' as const },
    { bid: null },
    { ask: 1n },
    { forward: null },
    { venueMs: 1 },
  ].map((change) => options.with(0, { ...first, ...change }))
  const lists = [options, options.slice(1), options.toReversed(), [], ...spoiled]
  const commitments = [commit({}), ...lists.map((list) => commit({ options: list }))]
  expect(new Set(commitments).size).toBe(commitments.length)
})

test('the futures behind a forward are committed to, and a rate below zero is its own', () => {
  const near = { expiryMs: null, bid: 1n, ask: 2n, venueMs: CHAIN_MS }
  const far = { ...near, expiryMs: CHAIN_MS }
  const spoiled = [{ expiryMs: 1 }, { bid: null }, { ask: 3n }, { venueMs: null }].map((change) => {
    return [{ ...near, ...change }, far]
  })
  const lists = [[near, far], [far, near], [near], [], ...spoiled]
  const commitments = [
    commit({}),
    commit({ options: [] }),
    commit({ bid: -1n }),
    commit({ bid: 2n ** 126n }),
    ...lists.map((futures) => commit({ futures })),
  ]
  expect(new Set(commitments).size).toBe(commitments.length)
})
