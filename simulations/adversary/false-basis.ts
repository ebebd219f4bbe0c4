import { difference, listMembers, withMember, withoutMember } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { carrying, isBeforeProbe, messageOf } from '../attacking/attack.ts'

export const falseBasis: Strategy = {
  name: 'false-basis',
  summary:
    'claims a certificate that does not exist and names a pair from it, in every other round',
  create: (powers) => ({
    name: 'false-basis',
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type !== 'observation' || message.round % 2 === 0) return planned
      if (isBeforeProbe(powers, message.round)) return planned
      const { expected, signing } = message.pair
      const [spare] = listMembers(difference(expected, signing))
      const [first] = listMembers(signing)
      if (spare === undefined || first === undefined) return planned
      const other = withMember(withoutMember(signing, first), spare)
      const basis = { round: message.round - 1, slot: 2 }
      const claim = { ...message, basis, pair: { expected, signing: other } }
      return carrying(planned, powers.sign(claim))
    },
  }),
}
