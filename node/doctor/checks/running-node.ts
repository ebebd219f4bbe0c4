import { type Address, isAddress } from 'viem'
import { PROTOCOL_VERSION } from '../../../aggregator/committee/params.ts'
import { apiAddress, askNode, noNodeOfOurs } from '../../api/ask-node.ts'
import type { Overview } from '../../api/view.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { findingOf, ok, warning } from '../finding.ts'

const CHECK = 'node'

/** What the node at the address of its API says. */
export interface NodeSeen {
  readonly name: string
  readonly member: number
  readonly round: number
  /** Codes; empty when it does its work. */
  readonly obstacles: readonly string[]
  /** Null when it delivers nowhere. */
  readonly wallet: Address | null
  /** Members that say they speak another version of the protocol than this software. */
  readonly foreign: readonly number[]
}

/** Asks the node that runs on this configuration, if one does. */
export const runningNode: Check = {
  name: CHECK,
  reach: 'machine',
  examine: async ({ config, isHeld }) => {
    if (!isHeld) return { findings: [ok(CHECK, 'none runs on this data directory')] }
    const address = apiAddress(config.api)
    try {
      const seen = nodeSeen(address, await askNode(address, '/v1/overview'))
      const { member: self, wallet } = seen
      const findings = [nodeFinding(address, seen), ...seen.foreign.map(foreignFinding)]
      return { findings, facts: { self, wallet } }
    } catch (error) {
      const found = findingOf(CHECK, 'warning', error)
      const seen = `a process holds the data directory; ${found.seen}`
      const advice =
        'wait if it is starting or makes a key; else look into its log, and at api.port'
      return { findings: [{ ...found, seen, advice }] }
    }
  },
}

export function nodeFinding(
  address: string,
  { name, member, round, obstacles }: NodeSeen,
): Finding {
  const who = `${name}, member ${member}, answers at ${address}, round ${round}`
  if (obstacles.length === 0) return ok(CHECK, `${who}, and is ready`)
  return warning(CHECK, {
    code: 'NODE_NOT_READY',
    seen: `${who}: ${obstacles.join(', ')}`,
    advice: 'each code stands in docs/errors.md; parallax status shows more',
  })
}

/** Of a connected member whose messages this node cannot read, by its index. */
export function foreignFinding(member: number): Finding {
  return warning(`member ${member}`, {
    code: 'PEER_PROTOCOL_DIFFERS',
    seen: `it says that it speaks another protocol than ${PROTOCOL_VERSION}`,
    advice: 'agree on one release with its operator; docs/guides/operator.md#another-version',
  })
}

/** Something else may have the port. @throws {OracleError} `NODE_UNREACHABLE` */
function nodeSeen(address: string, answer: unknown): NodeSeen {
  const { status, obstacles, chains, peers } = (answer ?? {}) as Partial<Overview>
  const isNode = typeof status?.member === 'number' && Array.isArray(obstacles)
  if (!isNode || !Array.isArray(chains)) throw noNodeOfOurs(address)
  const { name, member, round } = status
  const wallet: unknown = chains[0]?.wallet
  return {
    name: String(name),
    member,
    round: Number(round),
    obstacles: obstacles.map(String),
    wallet: typeof wallet === 'string' && isAddress(wallet) ? wallet : null,
    foreign: (Array.isArray(peers) ? peers : []).flatMap(({ index, protocol }) =>
      typeof protocol === 'number' && protocol !== PROTOCOL_VERSION ? [Number(index)] : [],
    ),
  }
}
