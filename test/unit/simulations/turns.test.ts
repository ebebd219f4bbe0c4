import { expect, test } from 'vitest'
import { checkScenario } from '../../../simulations/scenario/load.ts'
import { turnsWarning } from '../../../simulations/scenario/turns.ts'

const scenarioOf = (protocol: string, rounds: number, epochRounds = 20) =>
  checkScenario({
    name: 'turns',
    rounds,
    protocol,
    reference: { epochRounds },
    committee: { members: 7 },
  })

test('a run in which not every member leads says so, and what would be enough', () => {
  expect(turnsWarning(scenarioOf('ocr3', 139))).toContain('have their turn in 140')
  expect(turnsWarning(scenarioOf('ocr2', 140))).toBe(null)
  expect(turnsWarning(scenarioOf('ocr2', 7, 1))).toBe(null)
  for (const protocol of ['ours', 'raw-quorum', 'single-signer']) {
    expect(turnsWarning(scenarioOf(protocol, 10))).toBe(null)
  }
})
