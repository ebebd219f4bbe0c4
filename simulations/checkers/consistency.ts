import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'
import { RoundRecords } from '../checking/round-records.ts'
import type { FactOf } from '../world/facts.ts'

/** Rounds whose promises and nonces are remembered. */
const ROUNDS_KEPT = 256

/** What a member does with one content only in a round. */
const BOUND = [
  'signs',
  'uses nonce',
  'signs in slot',
  'sends observation',
  'sends late',
  'sends proposal of rank 0',
  'sends proposal of rank 1',
] as const
type Bound = (typeof BOUND)[number]

const SENDS = { observation: 'sends observation', late: 'sends late' } as const
const RANKS = ['sends proposal of rank 0', 'sends proposal of rank 1'] as const
const NOTHING = new Uint8Array(0)
const SLOTS = [0, 1, 2].map((slot) => Uint8Array.of(slot))

/** What is bound, and the nonce or the slot that it is about, if there is more than one a round. */
const KEY_BYTES = 1 + 33
const CONTENT_BYTES = 32
/** An observation, and what goes with one share. */
const RECORDS_USUAL = 4

/**
 * S4: no nonce is used twice, no member signs two digests in a round, and none contradicts a
 * message of its own, across crashes and lost disks (protocol §12).
 */
export const createConsistencyChecker: CreateChecker = ({ honest, committee }): Checker => {
  const known = new RoundRecords({
    rounds: ROUNDS_KEPT,
    rows: committee.size,
    recordsEach: RECORDS_USUAL,
    bytes: KEY_BYTES + CONTENT_BYTES,
    keyBytes: KEY_BYTES,
  })
  const record = new Uint8Array(KEY_BYTES + CONTENT_BYTES)

  const bind = (
    { round, member, nowUs }: { round: Round; member: MemberIndex; nowUs: number },
    what: Bound,
    bound: { readonly about: Uint8Array; readonly content: Uint8Array },
  ): Violation | null => {
    record.fill(0, 0, KEY_BYTES)
    record[0] = BOUND.indexOf(what)
    record.set(bound.about, 1)
    record.set(bound.content, KEY_BYTES)
    const place = known.find(record, round, member)
    if (place < 0) {
      known.add(record, round, member)
      return null
    }
    const before = known.at(place, round, member)
    if (equalBytes(before, record)) return null
    const both = [before, record].map((each) => toHex(each.subarray(KEY_BYTES)).slice(0, 16))
    const about = toHex(bound.about).slice(0, 16)
    const message = `member ${member} ${what} ${about} twice: ${both.join(' and ')}`
    return { rule: 'S4', nowUs, round, message }
  }
  const onShare = (fact: FactOf<'shareMade'>): Violation | null => {
    const { reportDigest, signed, nonce, slot } = fact
    return (
      bind(fact, 'signs', { about: NOTHING, content: reportDigest }) ??
      bind(fact, 'uses nonce', { about: nonce, content: signed }) ??
      bind(fact, 'signs in slot', { about: SLOTS[slot] ?? NOTHING, content: signed })
    )
  }
  const onSent = ({ message: { message, digest }, nowUs }: FactOf<'sent'>): Violation | null => {
    if (message.type === 'certificate' || message.type === 'evidence') return null
    if (message.type === 'share') return null
    const what = message.type === 'proposal' ? RANKS[message.rank] : SENDS[message.type]
    const about = { round: message.round, member: message.sender, nowUs }
    return bind(about, what, { about: NOTHING, content: digest })
  }
  return {
    rule: 'S4',
    on: {
      shareMade: (fact) => (hasMember(honest, fact.member) ? onShare(fact) : null),
      sent: (fact) => (hasMember(honest, fact.member) ? onSent(fact) : null),
    },
  }
}
