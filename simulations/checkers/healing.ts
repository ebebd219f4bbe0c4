import type { Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checker.ts'

/** Rounds within which certificates resume (protocol §12, L3). */
const ROUNDS_MAX = 3

/** L3: after the last disturbance ends, certificates resume within three rounds. */
export const createHealingChecker: CreateChecker = (subject): Checker => {
  const { disturbances, isAlwaysDisturbed, honest } = subject
  const lastUs = disturbances.reduce((latest, { toUs }) => Math.max(latest, toUs), 0)
  const applies = disturbances.length > 0 && !isAlwaysDisturbed && Number.isFinite(lastUs)
  /** First round that opened after everything healed. */
  let healed: Round | null = null
  let isResumed = false

  return {
    rule: 'L3',
    check: (fact) => {
      if (!applies || isResumed || fact.nowUs < lastUs) return null
      if (fact.type === 'certified' && hasMember(honest, fact.member)) {
        // A certificate of before may still be on its way: only a new round shows that it works.
        isResumed = healed !== null && fact.certificate.round >= healed
        return null
      }
      if (fact.type !== 'roundOpened') return null
      healed ??= fact.round
      if (fact.round !== healed + ROUNDS_MAX) return null
      const message = `no certificate in rounds ${healed} to ${healed + ROUNDS_MAX - 1}`
      return { rule: 'L3', nowUs: fact.nowUs, round: fact.round, message }
    },
  }
}
