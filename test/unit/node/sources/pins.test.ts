import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'
import { expect, test } from 'vitest'
import { chainOf, pinOf } from '../../../../node/sources/pins.ts'
import { PINNED } from '../../../support/pinned-hosts.ts'

const { first, stranger, roots } = PINNED

/** What a connection tells of a host: its certificate, and the one that seems to be above. */
function peerOf(cert: string, above: string): PeerCertificate {
  const raw = new X509Certificate(cert).raw
  const root: Record<string, unknown> = { raw: new X509Certificate(above).raw }
  root.issuerCertificate = root
  return { raw, issuerCertificate: root } as unknown as PeerCertificate
}

const pins = (peer: PeerCertificate) => chainOf(peer).map(pinOf)

test('a pin is that of other tools', () => {
  // openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary
  const pin = 'sha256/pLCx8RUhWszNi10QjPwUM6SWa6VsPf+f7a92HuPJDOE='
  expect(pinOf(new X509Certificate(first.cert))).toBe(pin)
})

test('a chain goes up to who vouches for it, and ends with the one that vouches for itself', () => {
  expect(pins(peerOf(first.cert, roots.one))).toEqual([
    pinOf(new X509Certificate(first.cert)),
    pinOf(new X509Certificate(roots.one)),
  ])
})

test('a certificate of the same name that did not sign it is no part of it', () => {
  expect(pins(peerOf(stranger.cert, roots.one))).toEqual([
    pinOf(new X509Certificate(stranger.cert)),
  ])
})
