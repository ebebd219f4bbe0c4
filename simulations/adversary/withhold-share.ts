import type { Strategy } from '../attacking/adversary.ts'
import { messageOf } from '../attacking/attack.ts'

export const withholdShare: Strategy = {
  name: 'withhold-share',
  summary: 'observes like everyone and never sends a share, so that its signing sets wait in vain',
  create: () => ({
    name: 'withhold-share',
    send: (planned) => {
      const type = messageOf(planned)?.type
      // Its own machine has its share and could combine: the certificate is held back too.
      return type === 'share' || type === 'certificate' ? [] : planned
    },
  }),
}
