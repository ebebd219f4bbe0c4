import type { Strategy } from '../attacking/adversary.ts'
import { isMemberMessage, messageOf } from '../attacking/attack.ts'

export const selective: Strategy = {
  name: 'selective',
  summary: 'sends each message to one half of the members, another half each round',
  create: () => ({
    name: 'selective',
    send: (planned) => {
      const message = messageOf(planned)
      if (!isMemberMessage(message)) return planned
      return planned.filter(({ to }) => (to + message.round) % 2 === 0)
    },
  }),
}
