import type { GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { toEveryone } from '../attacking/attack.ts'

/** Messages kept, about three rounds of a small committee. */
const KEPT_MAX = 64

export const replay: Strategy = {
  name: 'replay',
  summary: 'sends what others said one to twenty rounds ago once more to everyone',
  create: (powers) => {
    const kept: Verified<GossipMessage>[] = []
    return {
      name: 'replay',
      see: (message) => {
        if (kept.length < KEPT_MAX) kept.push(message)
        else kept[powers.prng.below(KEPT_MAX)] = message
      },
      roundOpened: () => {
        const [from] = listMembers(powers.members)
        const again = kept[powers.prng.below(Math.max(1, kept.length))]
        if (from === undefined || again === undefined) return
        for (const { to } of toEveryone(powers, from, again)) powers.replay(from, to, again.bytes)
      },
    }
  },
}
