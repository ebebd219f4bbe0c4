import { createHash, X509Certificate } from 'node:crypto'
import type { ConnectionOptions, DetailedPeerCertificate, PeerCertificate } from 'node:tls'
import { checkServerIdentity } from 'node:tls'
import { OracleError } from '../errors.ts'

/**
 * Keys that a host may show, by its name: SHA-256 of the public key as a certificate holds it
 * (SubjectPublicKeyInfo, RFC 7469 §2.4), as `sha256/` and base64.
 */
export type Pins = Readonly<Record<string, readonly string[]>>

/** How a pin is written: `sha256/` and the 44 characters of base64 that 32 bytes take. */
export const PIN_FORM = /^sha256\/[A-Za-z0-9+/]{43}=$/

/** A leaf, a few between, a root. */
const CHAIN_MAX = 8

/** The pin of a certificate's key. */
export function pinOf({ publicKey }: Pick<X509Certificate, 'publicKey'>): string {
  const key = publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256').update(key).digest('base64')}`
}

/**
 * The certificates from a host's own to the last one that vouches for it. Each signature is
 * checked: what a host sends beside its chain vouches for nothing.
 */
export function chainOf(peer: PeerCertificate): readonly X509Certificate[] {
  let holder = peer as Partial<DetailedPeerCertificate>
  let last = new X509Certificate(peer.raw)
  const chain = [last]
  while (chain.length < CHAIN_MAX) {
    const above = holder.issuerCertificate
    if (above === undefined || above === holder) break
    const issuer = new X509Certificate(above.raw)
    const isVouched = last.checkIssued(issuer) && last.verify(issuer.publicKey)
    if (!isVouched || issuer.raw.equals(last.raw)) break
    chain.push(issuer)
    holder = above
    last = issuer
  }
  return chain
}

/**
 * What a connection takes that holds hosts to their pins, besides all that TLS asks of a host: one
 * key of its chain is named. Nothing for hosts without pins.
 */
export function pinning(pins: Pins): Pick<ConnectionOptions, 'checkServerIdentity'> {
  if (Object.keys(pins).length === 0) return {}
  return {
    checkServerIdentity: (hostname, peer) =>
      checkServerIdentity(hostname, peer) ?? pinProblem(pins, { hostname, peer }),
  }
}

function pinProblem(
  pins: Pins,
  { hostname, peer }: { readonly hostname: string; readonly peer: PeerCertificate },
): OracleError | undefined {
  const host = hostname.toLowerCase()
  const named = Object.hasOwn(pins, host) ? pins[host] : undefined
  if (named === undefined) return undefined
  const shown = chainOf(peer).map(pinOf)
  if (shown.some((pin) => named.includes(pin))) return undefined
  const message =
    `${host} shows keys of which its pins name none, so nothing it says is used; compare with ` +
    'parallax venues pins from another network before you change them'
  return new OracleError('SOURCE_PIN_MISMATCH', message, {
    context: { host, shown: shown.join(' ') },
  })
}
