import type { OracleError } from '../errors.ts'
import type { Finding } from './finding.ts'
import { findingOf } from './finding.ts'

/** An operator looks elsewhere where a name service fails than where a firewall drops. */
const BY_CAUSE: Readonly<Record<string, { readonly seen: string; readonly advice: string }>> = {
  ENOTFOUND: {
    seen: 'its name leads nowhere',
    advice: 'check the name service of this machine, and the address in sources',
  },
  EAI_AGAIN: {
    seen: 'the name service of this machine does not answer',
    advice: 'check the name service of this machine (resolv.conf)',
  },
  ECONNREFUSED: {
    seen: 'nobody listens there',
    advice: 'check the address in sources',
  },
  UND_ERR_CONNECT_TIMEOUT: {
    seen: 'no connection in time',
    advice: 'look for a firewall and a slow name service; raise its timeoutMs where it is far',
  },
}

/** A failed request to a venue as a warning: whether it is missed shows in the feeds. */
export function sourceFailure(check: string, error: OracleError): Finding {
  const found = findingOf(check, 'warning', error)
  const { host, cause, status } = error.context
  const known = typeof cause === 'string' ? BY_CAUSE[cause] : undefined
  if (known !== undefined) {
    return { ...found, seen: `${host}: ${known.seen} (${cause})`, advice: known.advice }
  }
  const detail = [status, cause].filter((each) => typeof each === 'number' || isCode(each))
  return detail.length === 0 ? found : { ...found, seen: `${found.seen} (${detail.join(', ')})` }
}

function isCode(cause: unknown): boolean {
  return typeof cause === 'string' && cause !== 'UNKNOWN'
}
