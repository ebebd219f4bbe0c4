import { expect, test } from 'vitest'
import { problemsOf } from '../../../../aggregator/committee/params-check.ts'
import { LOCAL_TIMING, localCommittee } from '../../../../node/devnet/committee.ts'
import { committeeFor, WORLDWIDE_TIMING } from '../../../support/oracles.ts'

const made = localCommittee({ size: 4, feeds: ['BTC/USD', 'ETH/USD'], genesisMs: 1_000 })
const times = (factor: number) => {
  const drawn = Object.entries(LOCAL_TIMING).map(([name, valueMs]) => [name, valueMs * factor])
  return { ...LOCAL_TIMING, ...Object.fromEntries(drawn) }
}

// Soaks, chaos, attacks and benches of many members run with these; nobody else starts them.
test.each([
  ['local', {}],
  ['worldwide', WORLDWIDE_TIMING],
  ['four times', times(4)],
  ['ten times', times(10)],
])('a committee of oracles with %s timing is one that a node accepts', (_, timing) => {
  expect(problemsOf(committeeFor(made, { timing }).file.params)).toEqual([])
})
