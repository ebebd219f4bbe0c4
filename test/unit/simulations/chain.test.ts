import { describe, expect, test } from 'vitest'
import type { FeedOnChain } from '../../../aggregator/delivery/due.ts'
import { prngOf } from '../../../simulations/determinism/prng.ts'
import { Chain } from '../../../simulations/world/chain/chain.ts'
import { applied, type ContractOptions } from '../../../simulations/world/chain/contract.ts'
import { Endpoints } from '../../../simulations/world/chain/endpoints.ts'
import { FeeMarket, nextBaseFee } from '../../../simulations/world/chain/fee-market.ts'
import { Mempool, type Transaction } from '../../../simulations/world/chain/mempool.ts'
import type { Fact } from '../../../simulations/world/facts.ts'
import { opened } from '../../support/script.ts'

const GWEI = 1_000_000_000n
const ALL = 0b1111
const { forge, context } = opened()
const { genesisMs } = context.committee.params
const certificateOf = (round: number) =>
  forge.certificate({ round, signingSet: 0b111, expectedNext: ALL }).message

const CONTRACT: ContractOptions = { context, reportAgeMs: 60_000, futureMs: 5_000, bugs: {} }
const EMPTY: readonly FeedOnChain[] = [{ feed: 0, value: 0n, round: 0, timestampMs: 0, status: 0 }]
const MARKET = { baseFeeWei: GWEI, tipWei: GWEI / 10n, gasTarget: 15_000_000n, noisePpm: 0 }

describe('the base fee (EIP-1559)', () => {
  test.each([
    ['a full block raises it by an eighth', 30_000_000n, 1_125_000_000n],
    ['an empty one lowers it by as much', 0n, 875_000_000n],
    ['one at the target leaves it', 15_000_000n, 1_000_000_000n],
    ['a little more than the target raises it by a wei at least', 15_000_001n, 1_000_000_008n],
  ] as const)('%s', (_, gasUsed, expected) => {
    const block = { baseFeeWei: GWEI, gasUsed, marginalTipWei: 0n }
    expect(nextBaseFee(block, 15_000_000n)).toBe(expected)
  })

  test('others ask for less the more it costs, and in a spike bid up what gets in', () => {
    const market = new FeeMarket(MARKET, prngOf(1, 'demand'))
    expect(market.demand(GWEI)).toEqual({ gas: 15_000_000n, marginalTipWei: 0n })
    expect(market.demand(2n * GWEI).gas).toBe(7_500_000n)
    market.setSpike(4)
    // Twice as much as fits: the upper half of tips between nothing and 0.8 gwei gets in.
    expect(market.demand(GWEI)).toEqual({ gas: 60_000_000n, marginalTipWei: 400_000_000n })
  })
})

let ids = 0
function sent(by: {
  readonly sender: number
  readonly round?: number
  readonly nonce?: number
  readonly tip?: bigint
  readonly max?: bigint
}): Transaction {
  const { sender, round = 10, nonce = 0, tip = GWEI, max = 10n * GWEI } = by
  ids += 1
  return {
    id: ids,
    sender,
    nonce,
    fees: { maxFeePerGas: max, maxPriorityFeePerGas: tip },
    delivery: { certificate: certificateOf(round), feeds: [0] },
    arrivedUs: ids,
    receipt: null,
  }
}

describe('the pool', () => {
  const NONCES = [0, 0, 0, 0]
  const asked = { baseFeeWei: GWEI, tipWei: 0n }

  test('the highest tip is first, then the oldest; who cannot pay the base fee waits', () => {
    const pool = new Mempool({ keepUs: 1_000 })
    const [low, high, poor] = [
      sent({ sender: 0 }),
      sent({ sender: 1, tip: 2n * GWEI }),
      sent({ sender: 2, max: GWEI / 2n, tip: 1n }),
    ]
    const same = sent({ sender: 3 })
    for (const each of [low, high, poor, same]) expect(pool.add(each, NONCES)).toBe('accepted')
    expect(pool.ready(asked, NONCES)).toEqual([high, low, same])
    expect(pool.ready({ ...asked, tipWei: 2n * GWEI }, NONCES)).toEqual([high])
  })

  test('only a tenth more of both fees takes the place of a nonce', () => {
    const pool = new Mempool({ keepUs: 1_000 })
    pool.add(sent({ sender: 0, tip: 100n, max: 1_000n }), NONCES)
    expect(pool.add(sent({ sender: 0, tip: 109n, max: 2_000n }), NONCES)).toBe('underpriced')
    const better = sent({ sender: 0, tip: 110n, max: 1_100n })
    expect(pool.add(better, NONCES)).toBe('accepted')
    expect(pool.of(0, 0)).toBe(better)
    expect(pool.add(sent({ sender: 0 }), [1, 0, 0, 0])).toBe('nonceUsed')
  })

  test('what waits too long is forgotten', () => {
    const pool = new Mempool({ keepUs: 1_000 })
    const old = sent({ sender: 0 })
    pool.add(old, NONCES)
    pool.settle(NONCES, old.arrivedUs + 1_001)
    expect(pool.of(0, 0)).toBe(null)
    expect(pool.evicted).toBe(1)
  })
})

describe('the contract (protocol §8.3)', () => {
  const blockMs = genesisMs + 10 * 500 + 1_000
  const delivery = (round: number) => ({ certificate: certificateOf(round), feeds: [0] })

  test('it keeps a newer round with its time in whole seconds, and no older one', () => {
    const first = applied(CONTRACT, EMPTY, delivery(10), blockMs)
    if (first.type !== 'stored') throw new Error(first.reason)
    const { timestampMs } = certificateOf(10)
    expect(first.feeds[0]).toMatchObject({
      round: 10,
      timestampMs: Math.floor(timestampMs / 1_000) * 1_000,
    })
    for (const round of [9, 10]) {
      const again = applied(CONTRACT, first.feeds, delivery(round), blockMs)
      expect(again).toEqual({ type: 'reverted', reason: 'RoundNotNewer' })
    }
    const bugs = { takesOlder: true }
    expect(applied({ ...CONTRACT, bugs }, first.feeds, delivery(9), blockMs).type).toBe('stored')
  })

  test('it takes nothing too old, from the future, or of another signature', () => {
    const reasonAt = (atMs: number, given = delivery(10)) => {
      const outcome = applied(CONTRACT, EMPTY, given, atMs)
      return outcome.type === 'reverted' ? outcome.reason : null
    }
    expect(reasonAt(blockMs + 58_000)).toBe(null)
    expect(reasonAt(blockMs + 62_000)).toBe('ReportTooOld')
    expect(reasonAt(blockMs - 8_000)).toBe('ReportFromFuture')
    const { certificate } = delivery(10)
    const other = { ...certificate, timestampMs: certificate.timestampMs + 1 }
    expect(reasonAt(blockMs, { certificate: other, feeds: [0] })).toBe('SignatureInvalid')
    const late = { ...certificate, timestampMs: certificate.timestampMs + 400 }
    expect(reasonAt(blockMs, { certificate: late, feeds: [0] })).toBe('TimeOutsideRound')
  })
})

/** A chain whose blocks come when the test lets time go by. */
function runningChain() {
  const planned: { readonly atUs: number; readonly run: () => void }[] = []
  const facts: Fact[] = []
  let nowUs = 0
  const chain = new Chain(
    {
      seed: 1,
      members: 4,
      epochMs: genesisMs,
      contract: CONTRACT,
      market: MARKET,
      blockUs: 2_000_000,
      jitterUs: 0,
      poolKeepUs: 60_000_000,
    },
    {
      nowUs: () => nowUs,
      at: (atUs, run) => planned.push({ atUs, run }),
      watch: (fact) => facts.push(fact),
    },
  )
  const passes = (seconds: number): void => {
    const untilUs = nowUs + seconds * 1_000_000
    for (;;) {
      const next = planned.findIndex(({ atUs }) => atUs <= untilUs)
      const [due] = next < 0 ? [] : planned.splice(next, 1)
      if (due === undefined) break
      nowUs = due.atUs
      due.run()
    }
    nowUs = untilUs
  }
  return { chain, facts, passes, nowMs: () => genesisMs + nowUs / 1_000 }
}

describe('the chain', () => {
  test('of two transmitters that race, the second pays for nothing', () => {
    const { chain, passes } = runningChain()
    passes(6)
    const [first, second] = [sent({ sender: 0, tip: 2n * GWEI }), sent({ sender: 1 })]
    chain.submit(second)
    chain.submit(first)
    passes(2)
    expect(chain.head.transactions).toEqual([first, second])
    expect(first.receipt?.outcome.type).toBe('stored')
    expect(second.receipt?.outcome).toEqual({ type: 'reverted', reason: 'RoundNotNewer' })
    expect(second.receipt?.gasUsed).toBeGreaterThan(21_000n)
    expect(chain.head.nonces).toEqual([1, 1, 0, 0])
  })

  test('a reorganisation takes a delivery back, and the next block has it again', () => {
    const { chain, passes, facts } = runningChain()
    passes(6)
    const delivered = sent({ sender: 0 })
    chain.submit(delivered)
    passes(2)
    const before = chain.head
    chain.reorganise(2)
    expect(chain.head).toMatchObject({ number: before.number, nonces: [0, 0, 0, 0] })
    expect(chain.head.id).not.toBe(before.id)
    expect(chain.head.feeds[0]?.round).toBe(0)
    expect(delivered.receipt).toBe(null)
    expect(facts).toContainEqual(
      expect.objectContaining({
        type: 'chainReorganised',
        undone: [expect.objectContaining({ transaction: delivered })],
      }),
    )
    passes(2)
    expect(chain.head.feeds[0]?.round).toBe(10)
  })

  test('a sequencer that stands makes no blocks, and one at once when it goes on', () => {
    const { chain, passes } = runningChain()
    passes(4)
    chain.setStanding(true)
    passes(9)
    expect(chain.head.number).toBe(2)
    chain.setStanding(false)
    expect(chain.head.number).toBe(3)
  })
})

describe('endpoints of a member', () => {
  function delivered() {
    const { chain, passes, nowMs } = runningChain()
    passes(6)
    chain.submit(sent({ sender: 0 }))
    passes(8)
    const endpoints = new Endpoints({ member: 0, count: 3 }, { chain })
    return { endpoints, round: () => endpoints.look(nowMs())?.feeds[0]?.round ?? null }
  }

  test('one that lies or lags is outvoted, two are believed', () => {
    const { endpoints, round } = delivered()
    endpoints.set(0, { type: 'lying', about: 'newer' })
    expect(round()).toBe(10)
    endpoints.set(1, { type: 'lagging', blocks: 5 })
    expect(round()).toBe(1_010)
    endpoints.set(0, { type: 'honest' })
    expect(round()).toBe(10)
    endpoints.set(0, { type: 'lagging', blocks: 5 })
    expect(round()).toBe(0)
  })

  test('what is down has no vote; with all down there is no answer', () => {
    const { endpoints, round } = delivered()
    endpoints.set(0, { type: 'down' })
    endpoints.set(1, { type: 'down' })
    expect(round()).toBe(10)
    endpoints.set(2, { type: 'down' })
    expect(round()).toBe(null)
  })
})
