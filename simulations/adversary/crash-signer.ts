import { hasMember } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { victimsOf } from '../attacking/attack.ts'

/** How long a process is down: it is back before the next proposal. */
const DOWN_US = 1_000

export const crashSigner: Strategy = {
  name: 'crash-signer',
  summary: 'ends the process of whoever has just signed a proposal; its disk is lost with it',
  create: (powers) => ({
    name: 'crash-signer',
    see: ({ message }) => {
      if (message.type !== 'share' || message.slot === 0) return
      if (!hasMember(victimsOf(powers), message.sender)) return
      // Not within the step that sent the share: a process ends between two effects.
      const { sender } = message
      powers.later(1, () => powers.suspend(sender, DOWN_US, 'lost'))
    },
  }),
}
