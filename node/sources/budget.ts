import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { VenueBudget } from './venue.ts'

/** Plain data: what is left of a venue's budget. */
export interface Spending {
  readonly left: number
  readonly atMs: UnixMs
}

export function fullBudget(budget: VenueBudget, nowMs: UnixMs): Spending {
  return { left: budget.weightMax, atMs: nowMs }
}

/** Shortest interval at which requests of this weight together stay within the budget. */
export function intervalMsMin(budget: VenueBudget, weight: number): DurationMs {
  return Math.ceil((weight * budget.perMs) / budget.weightMax)
}

/**
 * Takes a weight from the budget, which refills evenly up to its size; null when too little is
 * left.
 */
export function spend(
  spending: Spending,
  asked: { readonly budget: VenueBudget; readonly weight: number; readonly nowMs: UnixMs },
): Spending | null {
  const { budget, weight, nowMs } = asked
  const refilled = ((nowMs - spending.atMs) * budget.weightMax) / budget.perMs
  const left = Math.min(budget.weightMax, spending.left + Math.max(refilled, 0))
  return left < weight ? null : { left: left - weight, atMs: nowMs }
}
