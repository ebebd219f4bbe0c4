import { certificateReportDigest } from '../../aggregator/messages/certificate.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checker.ts'

/** Rounds whose certified digest is kept. */
const ROUNDS_KEPT = 4_096

/** S2: one certified report digest for each round, ever (protocol §12). */
export const createUniquenessChecker: CreateChecker = ({ context }): Checker => {
  const certified = new Map<Round, string>()
  const judged = new WeakSet<Certificate>()
  return {
    rule: 'S2',
    check: (fact) => {
      if (fact.type !== 'certificateMade' && fact.type !== 'certified') return null
      if (judged.has(fact.certificate)) return null
      judged.add(fact.certificate)
      const { round } = fact.certificate
      const digest = toHex(certificateReportDigest(context.crypto.keccak256, fact.certificate))
      const known = certified.get(round)
      if (known === undefined) {
        certified.set(round, digest)
        certified.delete(round - ROUNDS_KEPT)
        return null
      }
      if (known === digest) return null
      const message = `two reports were certified: ${known.slice(0, 16)} and ${digest.slice(0, 16)}`
      return { rule: 'S2', nowUs: fact.nowUs, round, message }
    },
  }
}
