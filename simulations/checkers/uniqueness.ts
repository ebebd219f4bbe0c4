import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { Checker, CreateChecker } from '../checker.ts'
import { RoundRing } from '../round-ring.ts'

/** Rounds whose certified digest is kept. */
const ROUNDS_KEPT = 4_096

/** S2: one certified report digest for each round, ever (protocol §12). */
export const createUniquenessChecker: CreateChecker = ({ digests }): Checker => {
  const certified = new RoundRing<Uint8Array>(ROUNDS_KEPT)
  return {
    rule: 'S2',
    onCertificate: (certificate, nowUs) => {
      const { round } = certificate
      const { reportDigest } = digests.of(certificate)
      const known = certified.get(round)
      if (known === undefined) {
        certified.set(round, reportDigest)
        return null
      }
      if (equalBytes(known, reportDigest)) return null
      const [first, second] = [known, reportDigest].map((digest) => toHex(digest).slice(0, 16))
      const message = `two reports were certified: ${first} and ${second}`
      return { rule: 'S2', nowUs, round, message }
    },
  }
}
