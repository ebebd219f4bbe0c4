import { createChainOrderChecker } from './checkers/chain-order.ts'
import { createConsistencyChecker } from './checkers/consistency.ts'
import { createDeliveryChecker } from './checkers/delivery.ts'
import { createDurabilityChecker } from './checkers/durability.ts'
import { createFastShareChecker } from './checkers/fast-share.ts'
import { createHealingChecker } from './checkers/healing.ts'
import { createInnocenceChecker } from './checkers/innocence.ts'
import { createMemoryChecker } from './checkers/memory.ts'
import { createProbeCostChecker } from './checkers/probe-cost.ts'
import { createProgressChecker } from './checkers/progress.ts'
import { createReplayChecker } from './checkers/replay.ts'
import { createReturnChecker } from './checkers/return.ts'
import { createTimelinessChecker } from './checkers/timeliness.ts'
import { createUnforgeabilityChecker } from './checkers/unforgeability.ts'
import { createUniquenessChecker } from './checkers/uniqueness.ts'
import { createValidityChecker } from './checkers/validity.ts'
import type { CreateChecker } from './checking/checker.ts'
import type { Scenario } from './scenario/schema.ts'

/** Every checker of the committee; a run has them all unless it says otherwise. */
export const CHECKERS: readonly CreateChecker[] = [
  createValidityChecker,
  createUniquenessChecker,
  createUnforgeabilityChecker,
  createConsistencyChecker,
  createDurabilityChecker,
  createTimelinessChecker,
  createInnocenceChecker,
  createMemoryChecker,
  createReplayChecker,
  createProgressChecker,
  createProbeCostChecker,
  createHealingChecker,
  createReturnChecker,
  createFastShareChecker,
]

/** And those of a chain that it delivers to. */
const CHAIN_CHECKERS: readonly CreateChecker[] = [createChainOrderChecker, createDeliveryChecker]

/** The checkers of a run of a scenario. */
export function checkersOf({ chain }: Pick<Scenario, 'chain'>): readonly CreateChecker[] {
  return chain === undefined ? CHECKERS : [...CHECKERS, ...CHAIN_CHECKERS]
}
