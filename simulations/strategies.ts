import { delayProposal } from './adversary/delay-proposal.ts'
import { equivocate } from './adversary/equivocate.ts'
import { lie } from './adversary/lie.ts'
import { mute } from './adversary/mute.ts'
import type { Strategy } from './adversary.ts'

/** Every attack that a scenario can name. */
export const STRATEGIES: readonly Strategy[] = [mute, lie, equivocate, delayProposal]

export function strategyOf(name: string): Strategy {
  const found = STRATEGIES.find((strategy) => strategy.name === name)
  if (found === undefined) throw new RangeError(`no strategy is called ${name}`)
  return found
}
