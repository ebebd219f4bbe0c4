import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'
import type { Fact } from '../world/facts.ts'

/** Rounds whose promises and nonces are remembered. */
const ROUNDS_KEPT = 256

/** Something that a member may do with one content only in a round. */
interface Bound {
  readonly what: string
  /** The nonce or slot it is about; empty when there is only one in a round. */
  readonly about: Uint8Array
  readonly content: Uint8Array
}

const NOTHING = new Uint8Array(0)
const SLOTS = [0, 1, 2].map((slot) => Uint8Array.of(slot))
const RANKS = ['sends proposal of rank 0', 'sends proposal of rank 1'] as const

/**
 * S4: no nonce is used twice, no member signs two digests in a round, and none contradicts a
 * message of its own, across crashes and lost disks (protocol §12).
 */
export const createConsistencyChecker: CreateChecker = ({ honest, committee }): Checker => {
  /** By round, then by honest member: a handful of entries each, so that a list is quickest. */
  const bound = new Map<Round, Bound[][]>()

  const boundOf = (round: Round, member: MemberIndex): Bound[] => {
    let ofRound = bound.get(round)
    if (ofRound === undefined) {
      ofRound = Array.from({ length: committee.size }, () => [])
      bound.set(round, ofRound)
      bound.delete(round - ROUNDS_KEPT)
    }
    return ofRound[member] as Bound[]
  }
  const bind = (
    { round, member, nowUs }: { round: Round; member: MemberIndex; nowUs: number },
    entry: Bound,
  ): Violation | null => {
    const entries = boundOf(round, member)
    for (const known of entries) {
      if (known.what !== entry.what || !equalBytes(known.about, entry.about)) continue
      if (equalBytes(known.content, entry.content)) return null
      const [first, second] = [known, entry].map((each) => toHex(each.content).slice(0, 16))
      const about = toHex(entry.about).slice(0, 16)
      const message = `member ${member} ${entry.what} ${about} twice: ${first} and ${second}`
      return { rule: 'S4', nowUs, round, message }
    }
    entries.push(entry)
    return null
  }
  const onShare = (fact: Extract<Fact, { type: 'shareMade' }>): Violation | null => {
    const { reportDigest, signed, nonce, slot } = fact
    return (
      bind(fact, { what: 'signs', about: NOTHING, content: reportDigest }) ??
      bind(fact, { what: 'uses nonce', about: nonce, content: signed }) ??
      bind(fact, { what: 'signs in slot', about: SLOTS[slot] ?? NOTHING, content: signed })
    )
  }
  return {
    rule: 'S4',
    check: (fact) => {
      if (fact.type === 'shareMade' && hasMember(honest, fact.member)) return onShare(fact)
      if (fact.type !== 'sent' || !hasMember(honest, fact.member)) return null
      const { message, digest } = fact.message
      if (message.type === 'certificate' || message.type === 'evidence') return null
      if (message.type === 'share') return null
      const what = message.type === 'proposal' ? RANKS[message.rank] : `sends ${message.type}`
      const about = { round: message.round, member: message.sender, nowUs: fact.nowUs }
      return bind(about, { what, about: NOTHING, content: digest })
    },
  }
}
