import type { Round } from '../../aggregator/values/ids.ts'
import { countMembers, difference, hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checker.ts'

/** Share of rounds outside of the probes that take the fast path, in percent (protocol §12, L5). */
const FAST_PERCENT_MIN = 90
/** Probe periods until the faulty are known. */
const PERIODS_TO_LEARN = 2
/** Fewer rounds say nothing about a share. */
const ROUNDS_MIN = 200
const CLOSED_AFTER = 2

/** L5: with up to f members silent, slow, late or flapping, nine in ten rounds are fast. */
export const createFastShareChecker: CreateChecker = (subject): Checker => {
  const { committee, honest, disturbances, isAlwaysDisturbed } = subject
  const isInModel = countMembers(difference(committee.all, honest)) <= committee.f
  const applies = isInModel && disturbances.length === 0 && !isAlwaysDisturbed
  const { probeEvery } = committee.params
  const fast = new Set<Round>()
  const counts = { rounds: 0, fast: 0 }
  /** Members that crash are faulty as well, and not always the same. */
  let hasCrashed = false

  return {
    rule: 'L5',
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
        const isFast = fast.delete(round)
        if (round < PERIODS_TO_LEARN * probeEvery || round % probeEvery === 0) return null
        counts.rounds += 1
        if (isFast) counts.fast += 1
        return null
      },
    },
    finish: (nowUs) => {
      if (hasCrashed || counts.rounds < ROUNDS_MIN) return null
      if (counts.fast * 100 >= counts.rounds * FAST_PERCENT_MIN) return null
      const message = `${counts.fast} of ${counts.rounds} rounds outside of the probes were fast`
      return { rule: 'L5', nowUs, round: 0, message }
    },
  }
}
