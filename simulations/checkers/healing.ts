import { NEAR_ROUNDS, UNSEEN_ROUNDS_MAX, WAITED_ROUNDS } from '../../aggregator/agreement/clock.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import {
  hasMember,
  listMembers,
  NO_MEMBERS,
  withMember,
  withoutMember,
} from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'

/** Rounds within which certificates resume (protocol §12, L3). */
const ROUNDS_MAX = 3
/** Those of a committee in which too few are sure of their clocks, with the barrier. */
const DOUBTFUL_ROUNDS_MAX = ROUNDS_MAX + WAITED_ROUNDS + 2

/**
 * L3: after the last disturbance ends, certificates resume within three rounds; sixteen later when
 * no more than f honest members are sure of their clocks, who cannot bear out those of the others
 * (§4.6). Members under control need not speak.
 */
export const createHealingChecker: CreateChecker = (subject): Checker => {
  const { disturbances, isAlwaysDisturbed, honest, committee, stateOf } = subject
  const lastUs = disturbances.reduce((latest, { toUs }) => Math.max(latest, toUs), 0)
  const applies = disturbances.length > 0 && !isAlwaysDisturbed && Number.isFinite(lastUs)
  /** First round that opened after everything healed. */
  let healed: Round | null = null
  let isResumed = false
  let roundsMax = ROUNDS_MAX
  let current: Round = 0
  /** Members whose process has held a certificate of the round that was open, or just before. */
  let borneOut: Members = NO_MEMBERS
  /** The round that was open when a member's process began. */
  const startedAt = new Map<MemberIndex, Round>()
  const isAwaited = (nowUs: number) => applies && !isResumed && nowUs >= lastUs
  const isSure = (member: MemberIndex) => {
    const state = stateOf(member)
    if (state === null) return false
    const unseen = (startedAt.get(member) ?? 0) - state.known
    return unseen <= UNSEEN_ROUNDS_MAX || hasMember(borneOut, member)
  }
  const sureCount = () => listMembers(honest).filter(isSure).length

  return {
    rule: 'L3',
    on: {
      started: ({ member }) => {
        startedAt.set(member, current)
        borneOut = withoutMember(borneOut, member)
        return null
      },
      certified: ({ member, nowUs, certificate }) => {
        if (certificate.round >= current - NEAR_ROUNDS) borneOut = withMember(borneOut, member)
        if (!isAwaited(nowUs) || !hasMember(honest, member)) return null
        // A certificate of before may still be on its way: only a new round shows that it works.
        isResumed = healed !== null && certificate.round >= healed
        return null
      },
      roundOpened: ({ nowUs, round }) => {
        current = round
        if (!isAwaited(nowUs)) return null
        healed ??= round
        const waited = round - healed
        // By now everybody runs that comes back.
        if (waited === ROUNDS_MAX && sureCount() <= committee.f) roundsMax = DOUBTFUL_ROUNDS_MAX
        if (waited !== roundsMax) return null
        const message = `no certificate in rounds ${healed} to ${round - 1}`
        return { rule: 'L3', nowUs, round, message }
      },
    },
  }
}
