import type { Members } from '../../aggregator/values/ids.ts'
import { difference, listMembers, withMember, withoutMember } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { carrying, isBeforeProbe, messageOf } from '../attacking/attack.ts'

/** Another signing set of the same size within the expected one; the same when there is none. */
function otherSigners(signing: Members, expected: Members): Members {
  const [spare] = listMembers(difference(expected, signing))
  const [first] = listMembers(signing)
  if (spare === undefined || first === undefined) return signing
  return withMember(withoutMember(signing, first), spare)
}

export const wrongPair: Strategy = {
  name: 'wrong-pair',
  summary: 'names another signing set than the best certificate gives, so that no pair completes',
  create: (powers) => ({
    name: 'wrong-pair',
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type !== 'observation') return planned
      if (isBeforeProbe(powers, message.round)) return planned
      const { expected, signing } = message.pair
      const pair = { expected, signing: otherSigners(signing, expected) }
      return carrying(planned, powers.sign({ ...message, pair }))
    },
  }),
}
