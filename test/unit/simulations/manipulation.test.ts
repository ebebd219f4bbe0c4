import { describe, expect, test } from 'vitest'
import { Manipulation, type ManipulationOptions } from '../../../simulations/world/manipulation.ts'

const ROUND_US = 500_000
const TRUTH = 1_000_000
const LEVEL = 0.02
const BOOK = { depthUsdPerPercent: 1_000_000, feeBps: 5, refillPerSecond: 0.5 }
const marketOf = (name: string) => {
  return { key: name, venue: name, market: 'A/USD', book: BOOK, weight: 1 }
}
const OPTIONS: ManipulationOptions = {
  fromUs: 0,
  toUs: 60_000_000,
  target: { move: LEVEL },
  how: 'adaptive',
  budgetUsd: 1_000_000_000,
  budgetUsdPerRound: Number.POSITIVE_INFINITY,
  roundUs: ROUND_US,
  markets: ['a', 'b'].map(marketOf),
}

/** An attacker whose own node follows either market, and lags the true price by a share. */
function attackerOf(more: Partial<ManipulationOptions> = {}, lag = 0) {
  const honest = TRUTH * (1 - lag)
  const shadow = {
    look: () => ({ feeds: [], conversions: [] }) as never,
    imagine: (moves: ReadonlyMap<string, number>) => honest * (1 + Math.max(0, ...moves.values())),
  }
  const attack = new Manipulation({ ...OPTIONS, ...more }, () => {
    return { truth: { at: () => TRUTH }, shadow }
  })
  /** Rounds in which the committee goes so much of the way, and the markets pushed after them. */
  const after = (followed: readonly number[]) => {
    for (const [round, share] of followed.entries()) {
      attack.roundOpened(round, round * ROUND_US)
      attack.certified(round, honest * (1 + share * LEVEL))
    }
    attack.roundOpened(followed.length, followed.length * ROUND_US)
    return attack.plan?.markets.length ?? 0
  }
  return { attack, after }
}

/** The first round is not pushed yet when members look. */
const NONE = [0, 0, 0, 0, 0, 0, 0]

describe('an attacker who learns whether the committee follows (simulator, Attacks on venues)', () => {
  test('takes one market more when it did not for six rounds, and gives up with all', () => {
    expect(attackerOf().after(NONE.slice(1))).toBe(1)
    expect(attackerOf().after(NONE)).toBe(2)
    const { attack, after } = attackerOf()
    expect(after([...NONE, ...NONE])).toBe(0)
    expect(attack.hasGivenUp).toBe(true)
  })

  test('judges by all of the six rounds, not by the last one', () => {
    expect(attackerOf().after([0, 1, 1, 1, 1, 1, 0])).toBe(1)
    expect(attackerOf().after([0, 0, 0, 0, 0, 0, 1])).toBe(2)
  })

  test('compares with what a node sees without the push, whatever the price did meanwhile', () => {
    // Venues lag a price that rose by three times the push, or fell by it.
    expect(attackerOf({}, 3 * LEVEL).after([0, 1, 1, 1, 1, 1, 1])).toBe(1)
    expect(attackerOf({}, -3 * LEVEL).after(NONE)).toBe(2)
  })
})

test('what may be spent in a round is not exceeded by rounds of uneven steps', () => {
  const budgetUsdPerRound = 1_000
  const { attack } = attackerOf({ budgetUsdPerRound, roundUs: 250_000, how: 'fixed' })
  let spentUsd = 0
  for (let round = 0; round < 40; round++) {
    const [fromUs, toUs] = [round * 250_000, (round + 1) * 250_000]
    attack.roundOpened(round, fromUs)
    for (let us = Math.ceil(fromUs / 100_000) * 100_000; us < toUs; us += 100_000) attack.step(us)
    expect(attack.spentUsd - spentUsd).toBeLessThanOrEqual(budgetUsdPerRound + 1e-6)
    spentUsd = attack.spentUsd
  }
  expect(spentUsd).toBeGreaterThan(30 * budgetUsdPerRound)
})
