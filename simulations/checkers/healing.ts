import type { Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'

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
  const isAwaited = (nowUs: number) => applies && !isResumed && nowUs >= lastUs

  return {
    rule: 'L3',
    on: {
      certified: ({ member, nowUs, certificate }) => {
        if (!isAwaited(nowUs) || !hasMember(honest, member)) return null
        // A certificate of before may still be on its way: only a new round shows that it works.
        isResumed = healed !== null && certificate.round >= healed
        return null
      },
      roundOpened: ({ nowUs, round }) => {
        if (!isAwaited(nowUs)) return null
        healed ??= round
        if (round !== healed + ROUNDS_MAX) return null
        const message = `no certificate in rounds ${healed} to ${healed + ROUNDS_MAX - 1}`
        return { rule: 'L3', nowUs, round, message }
      },
    },
  }
}
