import type { Strategy } from '../adversary.ts'

export const collude: Strategy = {
  name: 'collude',
  summary: 'all its members observe the same target, one percent above the truth',
  create: () => {
    /** One target for all of them, whatever each saw itself. */
    let target: { round: number; values: readonly (bigint | null)[] } = { round: -1, values: [] }
    return {
      name: 'collude',
      observe: ({ round, values }) => {
        if (target.round !== round) {
          const raised = values.map((value) => (value === null ? null : (value * 101n) / 100n))
          target = { round, values: raised }
        }
        return target.values
      },
    }
  },
}
