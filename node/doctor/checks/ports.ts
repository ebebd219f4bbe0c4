import type { NodeConfig } from '../../config/schema.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { fault, ok, warning } from '../finding.ts'
import type { SocketAddress } from '../socket-address.ts'
import { connectionFailure, listeningFailure, socketAddressOf } from '../socket-address.ts'

const CONNECT_MS = 1_000

/** An address that a node listens on. */
export interface ListenAddress {
  readonly check: string
  /** As in the configuration. */
  readonly text: string
  readonly socket: SocketAddress
  /** What `run` fails with when it cannot. */
  readonly code: string
  /** Where another one is set. */
  readonly key: string
}

/** Listens for a moment on each address; beside a running node it connects instead. */
export const ports: Check = {
  name: 'ports',
  reach: 'machine',
  examine: async ({ config, isHeld }, { signal }) => {
    const findings: Finding[] = []
    // One after another: one address may contain the next.
    for (const address of listenAddressesOf(config)) {
      if (address.socket.port === 0) findings.push(ok(address.check, 'takes any free port'))
      else if (isHeld) findings.push(await heldFinding(address, signal))
      else findings.push(portFinding(address, await listeningFailure(address.socket)))
    }
    return { findings }
  },
}

export function listenAddressesOf({ network, api }: NodeConfig): readonly ListenAddress[] {
  const gossip = network.listen.map((text) => ({
    ...{ check: 'gossip port', text, socket: socketAddressOf(text) },
    ...{ code: 'GOSSIP_LISTEN_FAILED', key: 'network.listen' },
  }))
  const open = (network.public?.listen ?? []).map((text) => ({
    ...{ check: 'public port', text, socket: socketAddressOf(text) },
    ...{ code: 'PUBLIC_PORT_FAILED', key: 'network.public.listen' },
  }))
  const { host, port } = api
  const family = host.includes(':') ? 6 : 4
  const served: ListenAddress = {
    ...{ check: 'api port', text: `${host}, port ${port}`, socket: { host, port, family } },
    ...{ code: 'API_PORT_BUSY', key: 'api.port' },
  }
  return [...gossip, ...open, served]
}

/** @param failure the system's code, or null when it could be listened on */
export function portFinding(
  { check, text, socket, code, key }: ListenAddress,
  failure: string | null,
): Finding {
  if (failure === null) return ok(check, `${text} is free`)
  if (failure === 'EADDRINUSE') {
    return fault(check, {
      code,
      seen: `${text} is in use, by another process than a node on this data directory`,
      advice: `find it (ss -ltnp 'sport = :${socket.port}') and end it, or change ${key}`,
    })
  }
  const refused = code === 'API_PORT_BUSY' ? 'API_ADDRESS_REFUSED' : code
  if (failure === 'EACCES') {
    const advice = `take a port from 1024 in ${key}, or let this user have it`
    return fault(check, { code: refused, seen: `${text} needs rights (EACCES)`, advice })
  }
  return fault(check, {
    code: refused,
    seen: `cannot listen on ${text} (${failure})`,
    advice: `name an address of this machine in ${key}; 0.0.0.0 stands for all of them`,
  })
}

async function heldFinding(
  { check, text, socket, code }: ListenAddress,
  signal: AbortSignal,
): Promise<Finding> {
  const failure = await connectionFailure(socket, { timeoutMs: CONNECT_MS, signal })
  if (failure === null) return ok(check, `${text} is listened on, by the running node`)
  return warning(check, {
    code,
    seen: `a process holds the data directory, but nobody listens on ${text} (${failure})`,
    advice: 'wait if it is starting; if it was started before this was changed, start it again',
  })
}
