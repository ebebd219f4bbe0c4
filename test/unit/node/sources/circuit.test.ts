import { describe, expect, test } from 'vitest'
import { fullBudget, intervalMsMin, spend } from '../../../../node/sources/budget.ts'
import {
  afterFailure,
  CIRCUIT_CLOSED,
  isOpen,
  pausedUntil,
  recovered,
} from '../../../../node/sources/circuit.ts'

const rules = { failuresMax: 3, pauseMs: 1_000, pauseMsMax: 10_000 }

describe('the circuit of a venue', () => {
  test('opens at the third failure in a row and doubles its pause up to the limit', () => {
    let circuit = CIRCUIT_CLOSED
    const pauses = Array.from({ length: 8 }, () => {
      circuit = afterFailure(circuit, { nowMs: 0, rules })
      return circuit.openUntilMs
    })
    expect(pauses).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
    expect(isOpen(circuit, 9_999)).toBe(true)
    expect(isOpen(circuit, 10_000)).toBe(false)
  })

  test('stays a safe integer after any number of failures', () => {
    const circuit = afterFailure({ failures: 5_000, openUntilMs: 0 }, { nowMs: 0, rules })
    expect(circuit.openUntilMs).toBe(10_000)
  })

  test('forgets failures at a good answer, but not what the venue asked for', () => {
    const asked = pausedUntil({ failures: 7, openUntilMs: 5 }, 60_000)
    expect(recovered(asked)).toEqual({ failures: 0, openUntilMs: 60_000 })
    expect(pausedUntil(asked, 10).openUntilMs).toBe(60_000)
  })
})

describe('the budget of a venue', () => {
  const budget = { weightMax: 4, perMs: 1_000 }

  test('refuses what is too much and refills evenly', () => {
    const full = fullBudget(budget, 0)
    const empty = spend(full, { budget, weight: 4, nowMs: 0 })
    expect(empty?.left).toBe(0)
    if (empty === null) return
    expect(spend(empty, { budget, weight: 1, nowMs: 249 })).toBeNull()
    expect(spend(empty, { budget, weight: 1, nowMs: 250 })?.left).toBe(0)
    expect(spend(empty, { budget, weight: 1, nowMs: 3_600_000 })?.left).toBe(3)
    expect(spend(empty, { budget, weight: 1, nowMs: -5 })).toBeNull()
  })

  test('says how often a poll fits', () => {
    expect(intervalMsMin(budget, 1)).toBe(250)
    expect(intervalMsMin(budget, 8)).toBe(2_000)
  })
})
