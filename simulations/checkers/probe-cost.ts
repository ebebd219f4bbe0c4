import type { Round } from '../../aggregator/values/ids.ts'
import { countMembers, difference, hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checker.ts'

/**
 * Slow or lost rounds that a probe period may cost once the faulty are known (protocol §12, L2).
 */
const COST_MAX = 3
/** Probe periods until they are known. */
const PERIODS_TO_LEARN = 2
/** Rounds until the end of one is certain. */
const CLOSED_AFTER = 2

/** L2: at most three slow or lost rounds in a probe period, whatever at most f members do. */
export const createProbeCostChecker: CreateChecker = (subject): Checker => {
  const { committee, honest, disturbances, isAlwaysDisturbed } = subject
  const isInModel = countMembers(difference(committee.all, honest)) <= committee.f
  const applies = isInModel && disturbances.length === 0 && !isAlwaysDisturbed
  const { probeEvery } = committee.params
  const fast = new Set<Round>()
  let cost = 0
  /** Members that crash are faulty as well, and not always the same. */
  let hasCrashed = false

  return {
    rule: 'L2',
    on: {
      crashed: ({ member }) => {
        if (hasMember(honest, member)) hasCrashed = true
        return null
      },
      certified: ({ certificate, member, path }) => {
        if (!applies || hasCrashed) return null
        if (path === 'fast' && hasMember(honest, member)) fast.add(certificate.round)
        return null
      },
      roundOpened: (fact) => {
        if (!applies || hasCrashed) return null
        const round = fact.round - CLOSED_AFTER
        if (round < PERIODS_TO_LEARN * probeEvery) return null
        if (round % probeEvery === 0) cost = 0
        if (!fast.delete(round)) cost += 1
        if (cost !== COST_MAX + 1) return null
        const message = `more than ${COST_MAX} slow or lost rounds since the probe`
        return { rule: 'L2', nowUs: fact.nowUs, round, message }
      },
    },
  }
}
