import type { Observation } from '../../aggregator/messages/messages.ts'
import type { Strategy } from '../attacking/adversary.ts'

export const mirror: Strategy = {
  name: 'mirror',
  summary: 'asks no venue itself and observes what another member said a round ago',
  create: () => {
    let newest: Observation | null = null
    let before: Observation | null = null
    return {
      name: 'mirror',
      see: ({ message }) => {
        if (message.type !== 'observation' || message.round <= (newest?.round ?? 0)) return
        before = newest
        newest = message
      },
      observe: ({ round, values }) => {
        // Whoever opens the round first has spoken already, to somebody who hears it at once.
        const seen = newest !== null && newest.round < round ? newest : before
        return seen?.values.length === values.length ? seen.values : values
      },
    }
  },
}
