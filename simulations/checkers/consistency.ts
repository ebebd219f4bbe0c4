import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'
import { RoundRing } from '../round-ring.ts'
import type { FactOf } from '../world/facts.ts'

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
const SENDS = { observation: 'sends observation', late: 'sends late' } as const
const RANKS = ['sends proposal of rank 0', 'sends proposal of rank 1'] as const

/**
 * S4: no nonce is used twice, no member signs two digests in a round, and none contradicts a
 * message of its own, across crashes and lost disks (protocol §12).
 */
export const createConsistencyChecker: CreateChecker = ({ honest, committee }): Checker => {
  /** By round, then by honest member: a handful of entries each, so that a list is quickest. */
  const bound = new RoundRing<(Bound[] | undefined)[]>(ROUNDS_KEPT)

  const boundOf = (round: Round, member: MemberIndex): Bound[] => {
    let ofRound = bound.get(round)
    if (ofRound === undefined) {
      ofRound = new Array(committee.size)
      bound.set(round, ofRound)
    }
    let entries = ofRound[member]
    if (entries === undefined) {
      entries = []
      ofRound[member] = entries
    }
    return entries
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
  const onShare = (fact: FactOf<'shareMade'>): Violation | null => {
    const { reportDigest, signed, nonce, slot } = fact
    return (
      bind(fact, { what: 'signs', about: NOTHING, content: reportDigest }) ??
      bind(fact, { what: 'uses nonce', about: nonce, content: signed }) ??
      bind(fact, { what: 'signs in slot', about: SLOTS[slot] ?? NOTHING, content: signed })
    )
  }
  const onSent = ({ message: { message, digest }, nowUs }: FactOf<'sent'>): Violation | null => {
    if (message.type === 'certificate' || message.type === 'evidence') return null
    if (message.type === 'share') return null
    const what = message.type === 'proposal' ? RANKS[message.rank] : SENDS[message.type]
    const about = { round: message.round, member: message.sender, nowUs }
    return bind(about, { what, about: NOTHING, content: digest })
  }
  return {
    rule: 'S4',
    on: {
      shareMade: (fact) => (hasMember(honest, fact.member) ? onShare(fact) : null),
      sent: (fact) => (hasMember(honest, fact.member) ? onSent(fact) : null),
    },
  }
}
