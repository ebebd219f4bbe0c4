import type { Round } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'

type Values = readonly (bigint | null)[]

/** One target of a round for all colluders, whatever each saw itself. */
export function createTarget(): (round: Round, values: Values) => Values {
  let target: { readonly round: Round; readonly values: Values } = { round: -1, values: [] }
  return (round, values) => {
    if (target.round !== round) {
      const raised = values.map((value) => (value === null ? null : (value * 101n) / 100n))
      target = { round, values: raised }
    }
    return target.values
  }
}

export const collude: Strategy = {
  name: 'collude',
  summary: 'all its members observe the same target, one percent above the truth',
  create: () => {
    const targetOf = createTarget()
    return { name: 'collude', observe: ({ round, values }) => targetOf(round, values) }
  },
}
