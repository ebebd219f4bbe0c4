import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent } from 'undici'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import type { Access } from './addresses.ts'
import { isAddressAllowed } from './addresses.ts'
import type { Pins } from './pins.ts'
import { pinning } from './pins.ts'

/** Finds every address of a name, as `dns.promises.lookup` with `all` does. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

export interface AgentOptions {
  readonly access: Access
  /** Sockets to the venue at most; requests beyond it wait. */
  readonly connectionsMax: number
  readonly timeoutMs: DurationMs
  readonly bodyBytesMax: number
  readonly pins: Pins
}

/**
 * Connections to one venue: kept alive between polls, one request at a time on each, and made only
 * to the addresses that a lookup gave and that `access` allows. The check stands between lookup and
 * connection, so a name that changes its address is checked again.
 */
export function createAgent(options: AgentOptions, lookup: Lookup): Agent {
  return new Agent({
    connections: options.connectionsMax,
    pipelining: 1,
    allowH2: false,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: 16_384,
    maxResponseSize: options.bodyBytesMax,
    connect: {
      timeout: options.timeoutMs,
      lookup: guardedLookup(options.access, lookup),
      ...pinning(options.pins),
    },
  })
}

/**
 * A lookup for sockets that fails unless every address of the name is allowed: a name that leads
 * inside and outside at once is an attack, not a choice.
 */
export function guardedLookup(access: Access, lookup: Lookup): LookupFunction {
  return (hostname, { all }, callback) => {
    const answer = async () => {
      const addresses = await lookup(hostname)
      const [first] = addresses
      if (
        first === undefined ||
        !addresses.every((each) => isAddressAllowed(each.address, access))
      ) {
        throw forbidden(hostname, access)
      }
      return { first, addresses }
    }
    answer().then(
      ({ first, addresses }) => {
        if (all === true) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
    )
  }
}

function forbidden(hostname: string, access: Access): OracleError {
  return new OracleError(
    'SOURCE_ADDRESS_FORBIDDEN',
    `${hostname} leads to an address that access: ${access} does not allow; check the base URL`,
    { context: { hostname, access } },
  )
}
