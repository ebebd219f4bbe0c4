import type { Checker, CreateChecker } from '../checker.ts'
import { PERIODS_TO_LEARN, watchFastRounds } from '../fast-rounds.ts'

/**
 * Slow or lost rounds that a probe period may cost once the faulty are known (protocol §12, L2).
 */
const COST_MAX = 3
/** L2: at most three slow or lost rounds in a probe period, whatever at most f members do. */
export const createProbeCostChecker: CreateChecker = (subject): Checker => {
  const { probeEvery } = subject.committee.params
  const rounds = watchFastRounds(subject)
  let cost = 0
  return {
    rule: 'L2',
    on: {
      ...rounds.on,
      roundOpened: (fact) => {
        if (!rounds.applies()) return null
        const { round, isFast } = rounds.closedBy(fact.round)
        if (round < PERIODS_TO_LEARN * probeEvery) return null
        if (round % probeEvery === 0) cost = 0
        if (!isFast) cost += 1
        if (cost !== COST_MAX + 1) return null
        const message = `more than ${COST_MAX} slow or lost rounds since the probe`
        return { rule: 'L2', nowUs: fact.nowUs, round, message }
      },
    },
  }
}
