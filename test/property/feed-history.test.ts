import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DerivedKind } from '../../aggregator/aggregation/derived-kind.ts'
import { addValue, type FeedHistory } from '../../aggregator/aggregation/feed-history.ts'
import { realizedVolatility } from '../../aggregator/aggregation/realized-volatility.ts'
import { twap } from '../../aggregator/aggregation/twap.ts'
import type { Derivation } from '../../aggregator/committee/params.ts'
import { runs } from '../support/property.ts'

const ROUND_MS = 500
const WINDOW_MS = 10_000
const AVERAGE: Derivation = { of: 'BTC/USD', windowMs: WINDOW_MS, stepMs: null }
const REALIZED: Derivation = { of: 'BTC/USD', windowMs: WINDOW_MS, stepMs: 2_000 }

/** Certified rounds in the order in which a node hears of them, with their values. */
const heard = fc
  .uniqueArray(
    fc.record({ round: fc.integer({ min: 0, max: 120 }), value: fc.bigInt(-50n, 50n) }),
    {
      selector: ({ round }) => round,
      minLength: 1,
      maxLength: 120,
    },
  )
  .chain((rounds) =>
    // Mostly in order, as the network brings them; some come late.
    fc.record({
      rounds: fc.constant(rounds.toSorted((a, b) => a.round - b.round)),
      delays: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 120, maxLength: 120 }),
    }),
  )
  .map(({ rounds, delays }) =>
    rounds
      .map((each, index) => ({ ...each, at: each.round + (delays[index] ?? 0) }))
      .toSorted((a, b) => a.at - b.at),
  )

function historyOf(
  kind: DerivedKind,
  derivation: Derivation,
  rounds: readonly { readonly round: number; readonly value: bigint }[],
): FeedHistory {
  const history: FeedHistory = { samples: [] }
  const rules = kind.rulesOf(derivation)
  if (rules === null) throw new Error('the kind remembers something')
  for (const { round, value } of rounds) {
    addValue(history, { openedMs: round * ROUND_MS, value }, rules)
  }
  return history
}

describe('the time-weighted average', () => {
  test('is the average of every single millisecond of the window, rounded down', () => {
    fc.assert(
      fc.property(heard, fc.integer({ min: 20, max: 130 }), (rounds, round) => {
        const known = rounds.filter((each) => each.round < round)
        const endMs = round * ROUND_MS
        const asked = { derivation: AVERAGE, endMs, decimals: 8, valueMin: 0n }
        const value = twap.valueOf(historyOf(twap, AVERAGE, known), asked)
        expect(value).toBe(averageByHand(known, endMs))
      }),
      runs(1_000),
    )
  })

  test('does not depend on the order in which certificates came, as long as none is too old', () => {
    fc.assert(
      fc.property(heard, (rounds) => {
        const sorted = rounds.toSorted((a, b) => a.round - b.round)
        const { samples } = historyOf(twap, AVERAGE, rounds)
        const inOrder = historyOf(twap, AVERAGE, sorted).samples
        // The beginning of the kept past may differ by what was forgotten when it came.
        const tail = (each: typeof samples) =>
          each.filter(({ atMs }) => atMs >= (each.at(-1)?.atMs ?? 0) - WINDOW_MS)
        const plain = (each: typeof samples) => tail(each).map(({ atMs, value }) => [atMs, value])
        expect(plain(samples)).toEqual(plain(inOrder))
        const rises = (each: typeof samples) =>
          tail(each).map((sample, index, all) => sample.sum - (all[index - 1]?.sum ?? sample.sum))
        expect(rises(samples)).toEqual(rises(inOrder))
      }),
      runs(1_000),
    )
  })
})

/** One millisecond after the other; null where the rule of the gap or the start says so. */
function averageByHand(
  rounds: readonly { readonly round: number; readonly value: bigint }[],
  endMs: number,
): bigint | null {
  const values = new Map(rounds.map(({ round, value }) => [round * ROUND_MS, value]))
  let held: bigint | null = null
  let heldForMs = 0
  let area = 0n
  let brokenMs = Number.NEGATIVE_INFINITY
  for (let atMs = 0; atMs < endMs; atMs++) {
    const fresh = values.get(atMs)
    if (fresh !== undefined) {
      if (held === null || heldForMs > WINDOW_MS / 4) brokenMs = atMs
      held = fresh
      heldForMs = 0
    }
    heldForMs += 1
    if (atMs >= endMs - WINDOW_MS) area += held ?? 0n
  }
  if (held === null || heldForMs > WINDOW_MS / 4 || brokenMs > endMs - WINDOW_MS) return null
  const window = BigInt(WINDOW_MS)
  return (area - (((area % window) + window) % window)) / window
}

describe('realized volatility', () => {
  const prices = fc.array(fc.integer({ min: 9_000, max: 11_000 }), {
    minLength: 40,
    maxLength: 60,
  })

  test('is the root of the yearly sum of squared logarithms over the grid, to 1e-9', () => {
    fc.assert(
      fc.property(prices, (values) => {
        const rounds = values.map((value, round) => ({ round, value: BigInt(value) }))
        const endMs = values.length * ROUND_MS
        const history = historyOf(realizedVolatility, REALIZED, rounds)
        const asked = { derivation: REALIZED, endMs, decimals: 9, valueMin: 0n }
        const found = Number(realizedVolatility.valueOf(history, asked)) / 1e9
        const expected = realizedByHand(values, endMs)
        expect(Math.abs(found - expected)).toBeLessThan(2e-9 * Math.max(1, expected))
      }),
      runs(1_000),
    )
  })

  test('scales with nothing but the returns: twice the price is the same volatility', () => {
    fc.assert(
      fc.property(prices, (values) => {
        const asked = { endMs: values.length * ROUND_MS, derivation: REALIZED, decimals: 9 }
        const at = (factor: bigint) => {
          const rounds = values.map((value, round) => ({ round, value: BigInt(value) * factor }))
          const history = historyOf(realizedVolatility, REALIZED, rounds)
          return realizedVolatility.valueOf(history, { ...asked, valueMin: 0n })
        }
        expect(at(2n)).toBe(at(1n))
      }),
      runs(200),
    )
  })
})

/** In floating point, from the definition. */
function realizedByHand(values: readonly number[], endMs: number): number {
  const { windowMs } = REALIZED
  const stepMs = REALIZED.stepMs ?? 1
  const edgeMs = Math.floor((endMs - 1) / stepMs) * stepMs
  let sum = 0
  for (let atMs = edgeMs - windowMs; atMs < edgeMs; atMs += stepMs) {
    const before = values[atMs / ROUND_MS] ?? 0
    const after = values[(atMs + stepMs) / ROUND_MS] ?? 0
    sum += Math.log(after / before) ** 2
  }
  return Math.sqrt((sum * 31_536_000_000) / windowMs)
}
