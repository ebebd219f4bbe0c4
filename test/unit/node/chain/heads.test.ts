import { expect, test } from 'vitest'
import type { HeadSeen } from '../../../../node/chain/heads.ts'
import { judgeHeads, vote } from '../../../../node/chain/heads.ts'

const NOW_MS = 1_790_000_000_000
const RULES = {
  chainId: 1,
  nowMs: NOW_MS,
  lagBlocksMax: 3,
  ageMsMax: 60_000,
  futureMsMax: 30_000,
}

/** An honest endpoint at block 100, two seconds old. */
function seen(endpoint: string, change: Partial<Extract<HeadSeen, { type: 'seen' }>> = {}) {
  const base = { type: 'seen', chainId: 1, number: 100, timestampMs: NOW_MS - 2_000 } as const
  return { ...base, endpoint, ...change }
}

function judge(...heads: readonly HeadSeen[]) {
  const { reference, faults } = judgeHeads(heads, RULES)
  return { reference, faults: Object.fromEntries(faults) }
}

test('endpoints that differ by a few blocks are all usable, at what a majority has', () => {
  const verdict = judge(seen('a'), seen('b', { number: 101 }), seen('c', { number: 98 }))
  expect(verdict).toEqual({ reference: 100, faults: {} })
})

test('another chain, a future head and an unreachable endpoint are left out', () => {
  const verdict = judge(
    seen('a'),
    seen('b', { chainId: 5 }),
    seen('c', { timestampMs: NOW_MS + 31_000 }),
    { type: 'unreachable', endpoint: 'd', reason: 'refused' },
  )
  expect(verdict).toEqual({
    reference: 100,
    faults: { b: 'RPC_CHAIN_ID_WRONG', c: 'RPC_HEAD_IN_FUTURE', d: 'RPC_UNREACHABLE' },
  })
})

test.each([
  [1_000_000, 'RPC_HEAD_AHEAD'],
  [50, 'RPC_HEAD_LAGS'],
])('of three, the one at block %i is outvoted: %s', (number, fault) => {
  const verdict = judge(seen('a'), seen('b', { number }), seen('c'))
  expect(verdict).toEqual({ reference: 100, faults: { b: fault } })
})

test('of two, the higher is invented while the lower is recent', () => {
  const verdict = judge(seen('a'), seen('b', { number: 1_000 }))
  expect(verdict).toEqual({ reference: 100, faults: { b: 'RPC_HEAD_AHEAD' } })
})

test('of two, the lower lags when its head is old', () => {
  const verdict = judge(seen('a', { timestampMs: NOW_MS - 61_000 }), seen('b', { number: 1_000 }))
  expect(verdict).toEqual({ reference: 1_000, faults: { a: 'RPC_HEAD_LAGS' } })
})

test('nobody usable gives no reference', () => {
  expect(judge(seen('a', { chainId: 2 })).reference).toBeNull()
})

const answers = (...keys: readonly string[]) =>
  keys.map((key, index) => ({ endpoint: `e${index}`, value: key, key }))

test('vote takes what most say and names the others', () => {
  expect(vote(answers('x', 'y', 'y'))).toEqual({ value: 'y', outvoted: ['e0'], isTied: false })
})

test('vote without a majority takes the endpoint configured first and says so', () => {
  expect(vote(answers('x', 'y'))).toEqual({ value: 'x', outvoted: ['e1'], isTied: true })
})

test('vote of nobody is null', () => {
  expect(vote([])).toBeNull()
})
