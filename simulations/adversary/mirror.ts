import type { Round } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../adversary.ts'

export const mirror: Strategy = {
  name: 'mirror',
  summary: 'asks no venue itself and observes what another member said a round ago',
  create: () => {
    let seen: { round: Round; values: readonly (bigint | null)[] } = { round: 0, values: [] }
    return {
      name: 'mirror',
      see: ({ message }) => {
        if (message.type === 'observation' && message.round > seen.round) seen = message
      },
      observe: ({ values }) => (seen.values.length === values.length ? seen.values : values),
    }
  },
}
