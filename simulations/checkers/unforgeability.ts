import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import { countMembers, hasMember, NO_MEMBERS, withMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checker.ts'
import { RoundRing } from '../round-ring.ts'

/** Rounds whose shares are remembered. */
const ROUNDS_KEPT = 4_096

/** A message and the honest members whose share on it left their signer. */
interface Signed {
  readonly message: Uint8Array
  members: Members
}

/** S3: no certificate without t − f honest shares on that very message (protocol §12). */
export const createUnforgeabilityChecker: CreateChecker = (subject): Checker => {
  const { committee, digests, honest } = subject
  const signed = new RoundRing<Signed[]>(ROUNDS_KEPT)

  const add = (round: Round, message: Uint8Array, member: MemberIndex): void => {
    let ofRound = signed.get(round)
    if (ofRound === undefined) {
      ofRound = []
      signed.set(round, ofRound)
    }
    const known = ofRound.find((each) => equalBytes(each.message, message))
    if (known === undefined) ofRound.push({ message, members: withMember(NO_MEMBERS, member) })
    else known.members = withMember(known.members, member)
  }
  return {
    rule: 'S3',
    onCertificate: (certificate, nowUs) => {
      const { round } = certificate
      const { message } = digests.of(certificate)
      const known = signed.get(round)?.find((each) => equalBytes(each.message, message))
      const count = countMembers(known?.members ?? NO_MEMBERS)
      const least = committee.signingThreshold - committee.f
      if (count >= least) return null
      const text = `a certificate rests on ${count} honest shares; it needs ${least}`
      return { rule: 'S3', nowUs, round, message: text }
    },
    on: {
      shareMade: (fact) => {
        if (hasMember(honest, fact.member)) add(fact.round, fact.signed, fact.member)
        return null
      },
    },
  }
}
