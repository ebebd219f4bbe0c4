import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { DurationMs } from '../../aggregator/values/time.ts'
import type { Access } from './addresses.ts'
import type { Lookup } from './agent.ts'
import { guardedLookup } from './agent.ts'
import { requestFailure } from './failures.ts'
import { chainOf, pinOf } from './pins.ts'

/** A key that a host shows now. */
export interface ShownKey {
  readonly pin: string
  /** Whom the certificate is for, such as `CN=WE1`; empty where it says so elsewhere. */
  readonly subject: string
  /** When it ends, as the certificate writes it. */
  readonly validTo: string
}

export interface ShownKeysOptions {
  readonly url: URL
  readonly access: Access
  readonly timeoutMs: DurationMs
  readonly lookup: Lookup
  readonly signal: AbortSignal
}

const SUBJECT_LENGTH_MAX = 120

/** Whoever made the certificate has its say, and no more than a line of it. */
function printable(subject: string): string {
  const line = subject.replaceAll('\n', ', ').slice(0, SUBJECT_LENGTH_MAX)
  return line.replace(/[\p{C}]/gu, '?')
}

/** What a certificate shows. */
export function shownKeyOf(certificate: X509Certificate): ShownKey {
  // One whose names are all in subjectAltName has no subject, whatever its type says.
  const subject: string | undefined = certificate.subject
  const { validTo } = certificate
  return { pin: pinOf(certificate), subject: printable(subject ?? ''), validTo }
}

/**
 * The keys of a host's chain, its own first. The chain is verified as for any request; pins are not
 * asked, because this is how they are found.
 *
 * @throws {OracleError} SOURCE_TLS_INVALID, SOURCE_UNREACHABLE, SOURCE_TIMEOUT,
 * SOURCE_ADDRESS_FORBIDDEN
 */
export async function shownKeys(options: ShownKeysOptions): Promise<readonly ShownKey[]> {
  const { url, access, timeoutMs, lookup } = options
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const late = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([options.signal, late])
  const socket = connect({
    host,
    port: Number(url.port === '' ? 443 : url.port),
    ...(isIP(host) === 0 && { servername: host }),
    lookup: guardedLookup(access, lookup),
  })
  const { promise, resolve, reject } = Promise.withResolvers<readonly X509Certificate[]>()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  socket.on('error', reject)
  socket.on('secureConnect', () => resolve(chainOf(socket.getPeerCertificate(true))))
  try {
    signal.throwIfAborted()
    return (await promise).map(shownKeyOf)
  } catch (cause) {
    const scene = { host: url.host, timeoutMs, hasHeaders: false, isLate: late.aborted }
    throw requestFailure(cause, scene)
  } finally {
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}
