import type { NodeConfig } from '../../config/schema.ts'
import { eachAtOnce } from '../at-once.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { ok, warning } from '../finding.ts'
import { connectionFailure, socketAddressOf } from '../socket-address.ts'

/** Half as long again as a lost first packet takes to be sent again, twice. */
const CONNECT_MS = 4_500
/** Two turns for the largest committee. */
const AT_ONCE = 16

/** Connects to each member and hangs up before any handshake, which would count as a stranger's. */
export const peers: Check = {
  name: 'peers',
  reach: 'network',
  examine: async ({ config, self }, { signal }) => {
    const others = config.network.members.filter(({ index }) => index !== self)
    const work = async (member: Member) => {
      const socket = socketAddressOf(member.address)
      return peerFinding(member, await connectionFailure(socket, { timeoutMs: CONNECT_MS, signal }))
    }
    return { findings: await eachAtOnce(others, { limit: AT_ONCE, work }) }
  },
}

type Member = NodeConfig['network']['members'][number]

/** @param failure the system's code, or null when the connection was taken */
export function peerFinding({ index, address }: Member, failure: string | null): Finding {
  const check = `member ${index}`
  if (failure === null) return ok(check, `${address} takes connections`)
  const { reason, advice } = REASONS[failure] ?? {
    reason: failure,
    advice: 'check its address in network.members and the routes of this machine',
  }
  return warning(check, {
    code: 'PEER_UNREACHABLE',
    seen: `${address}: ${reason}`,
    advice,
  })
}

const NAME_WRONG = {
  reason: 'its name leads nowhere',
  advice: 'correct it in network.members, and check the name service of this machine',
}

const REASONS: Readonly<Record<string, { readonly reason: string; readonly advice: string }>> = {
  ECONNREFUSED: {
    reason: 'nobody listens there',
    advice: 'it may not run yet; else ask its operator for address and port',
  },
  ETIMEDOUT: {
    reason: `no answer within ${CONNECT_MS} ms`,
    advice: 'a firewall drops it, here or there, or the address is old: ask its operator',
  },
  ENOTFOUND: NAME_WRONG,
  EAI_AGAIN: NAME_WRONG,
}
