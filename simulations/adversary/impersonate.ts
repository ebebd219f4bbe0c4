import { unsignedOf } from '../../aggregator/messages/codec.ts'
import type { Observation } from '../../aggregator/messages/messages.ts'
import { sealOwn } from '../../aggregator/messages/validate.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { toEveryone } from '../attacking/attack.ts'

export const impersonate: Strategy = {
  name: 'impersonate',
  summary: 'sends an observation in the name of another member, under a signature that is none',
  create: (powers) => ({
    name: 'impersonate',
    see: ({ message }) => {
      const [from] = listMembers(powers.members)
      if (message.type !== 'observation' || from === undefined) return
      if (message.sender !== message.round % powers.context.committee.size) return
      const values = message.values.map((value) => (value === null ? null : value + 1n))
      const forged: Observation = { ...message, values }
      const unsigned = unsignedOf(powers.context, forged)
      const { bytes } = sealOwn(unsigned, powers.prng.bytes(64))
      for (const { to } of toEveryone(powers, from, sealOwn(unsigned, powers.prng.bytes(64)))) {
        powers.replay(from, to, bytes)
      }
    },
  }),
}
