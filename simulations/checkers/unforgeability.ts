import { certificateMessage } from '../../aggregator/messages/certificate.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { Members, Round } from '../../aggregator/values/ids.ts'
import { countMembers, hasMember, NO_MEMBERS, withMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'

/** Rounds whose shares are remembered. */
const ROUNDS_KEPT = 4_096

/** S3: no certificate without t − f honest shares on that very message (protocol §12). */
export const createUnforgeabilityChecker: CreateChecker = ({ committee, context, honest }) => {
  /** By round, then by signed message: honest members whose share on it left their signer. */
  const signers = new Map<Round, Map<string, Members>>()
  const judged = new WeakSet<Certificate>()

  const judge = (certificate: Certificate, nowUs: number): Violation | null => {
    if (judged.has(certificate)) return null
    judged.add(certificate)
    const { round } = certificate
    const signed = toHex(certificateMessage(context.crypto.keccak256, certificate))
    const count = countMembers(signers.get(round)?.get(signed) ?? NO_MEMBERS)
    const least = committee.signingThreshold - committee.f
    if (count >= least) return null
    const message = `a certificate rests on ${count} honest shares; it needs ${least}`
    return { rule: 'S3', nowUs, round, message }
  }
  return {
    rule: 'S3',
    check: (fact) => {
      if (fact.type === 'certificateMade') return judge(fact.certificate, fact.nowUs)
      if (fact.type === 'certified') return judge(fact.certificate, fact.nowUs)
      if (fact.type !== 'shareMade' || !hasMember(honest, fact.member)) return null
      const ofRound = signers.get(fact.round) ?? new Map<string, Members>()
      const signed = toHex(fact.signed)
      ofRound.set(signed, withMember(ofRound.get(signed) ?? NO_MEMBERS, fact.member))
      signers.set(fact.round, ofRound)
      signers.delete(fact.round - ROUNDS_KEPT)
      return null
    },
  } satisfies Checker
}
