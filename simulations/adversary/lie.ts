import type { Strategy } from '../adversary.ts'

export const lie: Strategy = {
  name: 'lie',
  summary: 'observes a fifth more than the truth, to pull the median out of the honest range',
  create: () => ({
    name: 'lie',
    observe: ({ values }) => values.map((value) => (value === null ? null : (value * 6n) / 5n)),
  }),
}
