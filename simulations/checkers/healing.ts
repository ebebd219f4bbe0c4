import { UNSEEN_ROUNDS_MAX, WAITED_ROUNDS } from '../../aggregator/clock.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import {
  countMembers,
  hasMember,
  NO_MEMBERS,
  withMember,
  withoutMember,
} from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'

/** Rounds within which certificates resume (protocol §12, L3). */
const ROUNDS_MAX = 3
/** Those of a committee that was down so long that all doubt their clocks, with the barrier. */
const DOUBTFUL_ROUNDS_MAX = ROUNDS_MAX + WAITED_ROUNDS + 2

/**
 * L3: after the last disturbance ends, certificates resume within three rounds; sixteen later when
 * nobody is left who does not doubt its clock (§4.6).
 */
export const createHealingChecker: CreateChecker = (subject): Checker => {
  const { disturbances, isAlwaysDisturbed, honest, committee } = subject
  const lastUs = disturbances.reduce((latest, { toUs }) => Math.max(latest, toUs), 0)
  const applies = disturbances.length > 0 && !isAlwaysDisturbed && Number.isFinite(lastUs)
  const unseenUs = UNSEEN_ROUNDS_MAX * committee.params.timing.roundMs * 1_000
  /** First round that opened after everything healed. */
  let healed: Round | null = null
  let isResumed = false
  let roundsMax = ROUNDS_MAX
  /** Members that run and know that their clock is right. */
  let sure: Members = NO_MEMBERS
  const downSinceUs = new Map<MemberIndex, number>()
  const isAwaited = (nowUs: number) => applies && !isResumed && nowUs >= lastUs

  return {
    rule: 'L3',
    on: {
      started: ({ member, nowUs }) => {
        const wasDownUs = nowUs - (downSinceUs.get(member) ?? nowUs)
        if (wasDownUs <= unseenUs) sure = withMember(sure, member)
        return null
      },
      crashed: ({ member, nowUs }) => {
        downSinceUs.set(member, nowUs)
        sure = withoutMember(sure, member)
        return null
      },
      certified: ({ member, nowUs, certificate }) => {
        sure = withMember(sure, member)
        if (!isAwaited(nowUs) || !hasMember(honest, member)) return null
        // A certificate of before may still be on its way: only a new round shows that it works.
        isResumed = healed !== null && certificate.round >= healed
        return null
      },
      roundOpened: ({ nowUs, round }) => {
        if (!isAwaited(nowUs)) return null
        if (healed === null && countMembers(sure) <= committee.f) roundsMax = DOUBTFUL_ROUNDS_MAX
        healed ??= round
        if (round !== healed + roundsMax) return null
        const message = `no certificate in rounds ${healed} to ${healed + roundsMax - 1}`
        return { rule: 'L3', nowUs, round, message }
      },
    },
  }
}
