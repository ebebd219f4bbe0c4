import type { Checker, CreateChecker } from '../checking/checker.ts'
import { PERIODS_TO_LEARN, watchFastRounds } from '../checking/fast-rounds.ts'

/** Slow or lost rounds that a probe period may cost on average (protocol §12, L2). */
const COST_MAX = 3
/** Of a member that waited: a share withheld, a claim and an absence (ADR 0103). */
const SAVED_EACH = 3

/**
 * L2: once the faulty are known, any k consecutive probe periods have at most 3(k + f − 1) slow or
 * lost rounds, besides those whose signers a faulty proposer chose in the round before.
 */
export const createProbeCostChecker: CreateChecker = (subject): Checker => {
  const { params, f } = subject.committee
  const { probeEvery } = params
  const costMax = COST_MAX + SAVED_EACH * Math.max(0, f - 1)
  const rounds = watchFastRounds(subject)
  /** By how much the costliest stretch that ends with the period before is above three each. */
  let carried = 0
  let cost = 0
  return {
    rule: 'L2',
    on: {
      ...rounds.on,
      roundOpened: (fact) => {
        if (!rounds.applies()) return null
        const { round, isFast, isLed } = rounds.closedBy(fact.round)
        if (round < PERIODS_TO_LEARN * probeEvery) return null
        if (round % probeEvery === 0) {
          carried = Math.max(0, carried + cost - COST_MAX)
          cost = 0
        }
        if (isFast || isLed) return null
        cost += 1
        if (carried + cost !== costMax + 1) return null
        const message = `more than ${costMax - carried} slow or lost rounds since the probe`
        return { rule: 'L2', nowUs: fact.nowUs, round, message }
      },
    },
  }
}
