import type { Round } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'

export const bias: Strategy = {
  name: 'bias',
  summary: 'observes the highest value that an honest member said a round ago: never an outlier',
  create: () => {
    let highest: (bigint | null)[] = []
    let current: { round: Round; highest: (bigint | null)[] } = { round: 0, highest: [] }
    return {
      name: 'bias',
      see: ({ message }) => {
        if (message.type !== 'observation') return
        if (message.round > current.round) {
          highest = current.highest
          current = { round: message.round, highest: [...message.values] }
          return
        }
        for (const [feed, value] of message.values.entries()) {
          const known = current.highest[feed] ?? null
          if (value !== null && (known === null || value > known)) current.highest[feed] = value
        }
      },
      observe: ({ values }) => (highest.length === values.length ? highest : values),
    }
  },
}
