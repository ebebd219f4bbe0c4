import { isProbe } from '../../aggregator/committee/committee.ts'
import { difference, listMembers } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { carrying, messageOf, victimsOf } from '../attacking/attack.ts'

/** Probe periods from one crash of its victim to the next, and those for which it is down. */
const PERIODS = { between: 8, down: 4 }

export const vouchFalsely: Strategy = {
  name: 'vouch-falsely',
  summary: 'ends the process of a member and vouches for it, so that all wait for who is not there',
  create: (powers) => ({
    name: 'vouch-falsely',
    roundOpened: (round) => {
      const { probeEvery, timing } = powers.context.committee.params
      if (round % (PERIODS.between * probeEvery) !== probeEvery) return
      const [victim] = listMembers(victimsOf(powers))
      const downUs = PERIODS.down * probeEvery * timing.roundMs * 1_000
      if (victim !== undefined) powers.suspend(victim, downUs, 'kept')
    },
    send: (planned) => {
      const message = messageOf(planned)
      const { committee } = powers.context
      if (message?.type !== 'observation' || !isProbe(committee, message.round)) return planned
      const convicted = powers.stateOf(message.sender)?.convicted ?? 0
      const vouched = difference(committee.all, message.pair.expected | convicted)
      return carrying(planned, powers.sign({ ...message, vouched }))
    },
  }),
}
