import type { Checker, CreateChecker } from '../checking/checker.ts'
import { PERIODS_TO_LEARN, watchFastRounds } from '../checking/fast-rounds.ts'

/** Share of rounds outside of the probes that take the fast path, in percent (protocol §12, L5). */
const FAST_PERCENT_MIN = 90
/** Fewer rounds say nothing about a share. */
const ROUNDS_MIN = 200

/** L5: with up to f members silent, slow, late or flapping, nine in ten rounds are fast. */
export const createFastShareChecker: CreateChecker = (subject): Checker => {
  const { probeEvery } = subject.committee.params
  const rounds = watchFastRounds(subject)
  const counts = { rounds: 0, fast: 0 }
  return {
    rule: 'L5',
    on: {
      ...rounds.on,
      roundOpened: (fact) => {
        if (!rounds.applies()) return null
        const { round, isFast } = rounds.closedBy(fact.round)
        if (round < PERIODS_TO_LEARN * probeEvery || round % probeEvery === 0) return null
        counts.rounds += 1
        if (isFast) counts.fast += 1
        return null
      },
    },
    finish: (nowUs) => {
      if (!rounds.applies() || counts.rounds < ROUNDS_MIN) return null
      if (counts.fast * 100 >= counts.rounds * FAST_PERCENT_MIN) return null
      const message = `${counts.fast} of ${counts.rounds} rounds outside of the probes were fast`
      return { rule: 'L5', nowUs, round: 0, message }
    },
  }
}
