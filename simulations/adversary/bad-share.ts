import type { Strategy } from '../attacking/adversary.ts'
import { carrying, messageOf } from '../attacking/attack.ts'

export const badShare: Strategy = {
  name: 'bad-share',
  summary: 'sends shares that are wrong, so that combining fails',
  create: (powers) => ({
    name: 'bad-share',
    send: (planned) => {
      const message = messageOf(planned)
      if (message?.type === 'certificate') return []
      if (message?.type !== 'share') return planned
      const share = message.share.map((byte) => byte ^ 0x5a)
      // Below the order of the group, or real members would not even parse it.
      share[0] = 0
      return carrying(planned, powers.sign({ ...message, share }))
    },
  }),
}
