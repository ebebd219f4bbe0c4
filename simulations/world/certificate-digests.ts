import { certificateReportDigest } from '../../aggregator/messages/certificate.ts'
import type { Certificate, Digest } from '../../aggregator/messages/messages.ts'
import { signedMessageOf } from '../../aggregator/report/digests.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'

/** What a certificate says of a report, and what its signature is over (protocol §7). */
export interface DigestsOfCertificate {
  readonly reportDigest: Digest
  readonly message: Uint8Array
}

interface Known extends DigestsOfCertificate {
  readonly certificate: Certificate
}

/** Certificates remembered: those of a round reach all who ask before the next ones come. */
const KEPT = 4

/** Computed from the content of a certificate once, for all who look at the same one. */
export class CertificateDigests {
  readonly #keccak256: Crypto['keccak256']
  #known: readonly Known[] = []

  constructor(keccak256: Crypto['keccak256']) {
    this.#keccak256 = keccak256
  }

  of(certificate: Certificate): DigestsOfCertificate {
    for (const each of this.#known) if (each.certificate === certificate) return each
    const reportDigest = certificateReportDigest(this.#keccak256, certificate)
    const message = signedMessageOf(this.#keccak256, { ...certificate, reportDigest })
    const made = { certificate, reportDigest, message }
    this.#known = [made, ...this.#known.slice(0, KEPT - 1)]
    return made
  }
}
