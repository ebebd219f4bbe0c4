import { toHex } from '../../aggregator/values/bytes.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'
import { RoundRecords } from '../checking/round-records.ts'

/** Rounds whose certified digest is kept. */
const ROUNDS_KEPT = 4_096
const DIGEST_BYTES = 32

/** S2: one certified report digest for each round, ever (protocol §12). */
export const createUniquenessChecker: CreateChecker = ({ digests }): Checker => {
  const certified = new RoundRecords({
    rounds: ROUNDS_KEPT,
    rows: 1,
    recordsEach: 1,
    bytes: DIGEST_BYTES,
    keyBytes: DIGEST_BYTES,
  })
  return {
    rule: 'S2',
    onCertificate: (certificate, nowUs) => {
      const { round } = certificate
      const { reportDigest } = digests.of(certificate)
      if (certified.count(round) === 0) {
        certified.add(reportDigest, round)
        return null
      }
      if (certified.find(reportDigest, round) >= 0) return null
      const both = [certified.at(0, round), reportDigest]
      const [first, second] = both.map((digest) => toHex(digest).slice(0, 16))
      const message = `two reports were certified: ${first} and ${second}`
      return { rule: 'S2', nowUs, round, message }
    },
  }
}
