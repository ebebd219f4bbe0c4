import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { AGENT_UNKNOWN, type Agent, agentOf } from './agent.ts'
import type { Host } from './host.ts'
import type { Roster } from './roster.ts'

/** What the members that are connected say they run; one entry a member at most. */
export class Agents {
  readonly #agents = new Map<MemberIndex, Agent>()

  constructor(roster: Roster, host: Host) {
    host.addEventListener('peer:identify', ({ detail: { peerId, agentVersion } }) => {
      const member = roster.indexOf(peerId)
      if (member !== null) this.#agents.set(member, agentOf(agentVersion))
    })
    host.addEventListener('peer:disconnect', ({ detail: peerId }) => {
      const member = roster.indexOf(peerId)
      if (member !== null) this.#agents.delete(member)
    })
  }

  /** Says nothing of a member that is not connected, or has not said it. */
  of(member: MemberIndex): Agent {
    return this.#agents.get(member) ?? AGENT_UNKNOWN
  }
}
