import type { Strategy } from '../attacking/adversary.ts'

/** What is observed: a fifth more. */
export function overstated(values: readonly (bigint | null)[]): readonly (bigint | null)[] {
  return values.map((value) => (value === null ? null : (value * 6n) / 5n))
}

export const lie: Strategy = {
  name: 'lie',
  summary: 'observes a fifth more than the truth, to pull the median out of the honest range',
  create: () => ({ name: 'lie', observe: ({ values }) => overstated(values) }),
}
