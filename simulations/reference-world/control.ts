import type { Members, Round } from '../../aggregator/values/ids.ts'
import { hasMember, membersOf } from '../../aggregator/values/ids.ts'
import { createTarget } from '../adversary/collude.ts'
import { overstated } from '../adversary/lie.ts'
import type { ProtocolMessage, Values } from '../protocol/member.ts'
import type { Scenario } from '../scenario/schema.ts'
import { REFERENCE_STRATEGIES } from '../strategies.ts'

/** What adversaries make of members of a reference protocol. */
export interface ReferenceControl {
  readonly members: Members
  readonly observe: (member: number, round: Round, values: Values) => Values
  /** How long a message of a member to others is held back, in microseconds; null for ever. */
  readonly heldUs: (member: number, message: ProtocolMessage) => number | null
}

/** @param lateUs how long `late` holds observations back */
export function createReferenceControl(
  adversaries: Scenario['adversaries'],
  lateUs: number,
): ReferenceControl {
  const of = (strategy: (typeof REFERENCE_STRATEGIES)[number]): Members =>
    adversaries
      .filter((each) => each.strategy === strategy)
      .reduce((all, { members }) => (all | membersOf(members)) >>> 0, 0)
  const [mute, late, lie, collude] = REFERENCE_STRATEGIES.map(of) as [
    Members,
    Members,
    Members,
    Members,
  ]
  const targetOf = createTarget()
  return {
    members: (mute | late | lie | collude) >>> 0,
    observe: (member, round, values) => {
      if (hasMember(collude, member)) return targetOf(round, values)
      return hasMember(lie, member) ? overstated(values) : values
    },
    heldUs: (member, { type }) => {
      if (hasMember(mute, member)) return null
      return type === 'observation' && hasMember(late, member) ? lateUs : 0
    },
  }
}
