import { LEADER_PROTOCOLS } from '../protocols.ts'
import type { Scenario } from './schema.ts'

/** So many rounds let every member lead equally often: all turns once. */
export function turnRounds({ committee, reference }: Scenario): number {
  return committee.members * reference.epochRounds
}

/** What a run with leaders is too short for, in words for stderr; null where all have a turn. */
export function turnsWarning(scenario: Scenario): string | null {
  const { protocol, rounds, reference } = scenario
  const whole = turnRounds(scenario)
  if (!LEADER_PROTOCOLS.includes(protocol) || rounds >= whole) return null
  return (
    `${protocol}: ${rounds} rounds, and all leaders have their turn in ${whole} ` +
    `(reference.epochRounds is ${reference.epochRounds}): figures are of the leaders listed ` +
    'first; run more rounds, or set epochRounds lower'
  )
}
