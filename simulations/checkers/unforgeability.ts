import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'
import { RoundRecords } from '../checking/round-records.ts'

/** Rounds whose shares are remembered. */
const ROUNDS_KEPT = 4_096

/** An honest member whose share left its signer, and the message that it is on. */
const SIGNED_BYTES = 1 + 32

/** S3: no certificate without t − f honest shares on that very message (protocol §12). */
export const createUnforgeabilityChecker: CreateChecker = (subject): Checker => {
  const { committee, digests, honest } = subject
  const members = listMembers(honest)
  const signed = new RoundRecords({
    rounds: ROUNDS_KEPT,
    rows: 1,
    recordsEach: committee.signingThreshold,
    bytes: SIGNED_BYTES,
    keyBytes: SIGNED_BYTES,
  })
  const record = new Uint8Array(SIGNED_BYTES)

  const isSigned = (round: Round, message: Uint8Array, member: MemberIndex): boolean => {
    record[0] = member
    record.set(message, 1)
    return signed.find(record, round) >= 0
  }
  return {
    rule: 'S3',
    onCertificate: (certificate, nowUs) => {
      const { round } = certificate
      const { message } = digests.of(certificate)
      const count = members.filter((member) => isSigned(round, message, member)).length
      const least = committee.signingThreshold - committee.f
      if (count >= least) return null
      const text = `a certificate rests on ${count} honest shares; it needs ${least}`
      return { rule: 'S3', nowUs, round, message: text }
    },
    on: {
      shareMade: (fact) => {
        if (!hasMember(honest, fact.member)) return null
        if (!isSigned(fact.round, fact.signed, fact.member)) signed.add(record, fact.round)
        return null
      },
    },
  }
}
