import { invariant } from '../../aggregator/assert.ts'
import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import {
  bodyOf,
  type Decoded,
  decode,
  digestOfBody,
  encodeEvidence,
  messageBytesMax,
  signatureOf,
  typeOfBytes,
} from '../../aggregator/messages/codec.ts'
import { isConflict } from '../../aggregator/messages/conflict.ts'
import type { Certificate, Digest, Evidence } from '../../aggregator/messages/messages.ts'
import { isEvidenceSound } from '../../aggregator/messages/validate.ts'
import { compareBytes, equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'

/** What an honest member never signs both of (protocol §9.1). */
export const CONFLICT_KINDS = [
  'TWO_OBSERVATIONS',
  'TWO_LATE_NOTICES',
  'TWO_PROPOSALS_OF_ONE_RANK',
  'TWO_SHARES_IN_ONE_SLOT',
  'TWO_REPORT_DIGESTS',
] as const
export type ConflictKind = (typeof CONFLICT_KINDS)[number]

/** Why two messages convict nobody. */
export type AcquittalCode =
  | 'MESSAGE_MALFORMED'
  | 'MESSAGE_TOO_LARGE'
  | 'MESSAGE_OF_OTHER_COMMITTEE'
  | 'MESSAGE_UNSIGNED'
  | 'SIGNATURE_INVALID'
  | 'SENDERS_DIFFER'
  | 'ROUNDS_DIFFER'
  | 'TYPES_DIFFER'
  | 'SAME_CONTENT'
  | 'RANKS_DIFFER'
  | 'SAME_REPORT'

/** What two messages prove together. */
export type Judgement =
  | {
      readonly type: 'convicts'
      readonly accused: MemberIndex
      readonly round: Round
      readonly kind: ConflictKind
      readonly evidence: Evidence
      /** Wire form of the evidence. */
      readonly bytes: Uint8Array
    }
  | { readonly type: 'acquits'; readonly code: AcquittalCode; readonly reason: string }

type MemberDecoded = Exclude<Decoded, Certificate | Evidence>

interface Claim {
  readonly message: MemberDecoded
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** A message whose signature was checked, or why it counts for nothing. */
export type Opened =
  | { readonly type: 'claim'; readonly claim: Claim }
  | { readonly type: 'refused'; readonly code: AcquittalCode; readonly reason: string }

/**
 * Whether two signed messages convict their sender, and why not. Rests on the committee file alone:
 * who showed the messages, when and where they were found decides nothing. Never throws on input.
 */
export function judgePair(context: Context, pair: readonly [Uint8Array, Uint8Array]): Judgement {
  const opened = pair.map((bytes, index) =>
    openClaim(context, bytes, index === 0 ? 'first' : 'second'),
  )
  const [first, second] = opened
  if (first?.type === 'refused') return acquit(first.code, first.reason)
  if (second?.type === 'refused') return acquit(second.code, second.reason)
  if (first === undefined || second === undefined) return acquit('MESSAGE_MALFORMED', 'no message')
  const [one, two] = [first.claim, second.claim]
  return agreementOf(one, two) ?? convict(context, one, two)
}

/** The kind of conflict of verified evidence. */
export function kindOf(committee: Committee, { messages }: Evidence): ConflictKind {
  const [one, two] = messages.map((bytes) => decode(committee, bytes))
  if (one?.type === 'observation') return 'TWO_OBSERVATIONS'
  if (one?.type === 'late') return 'TWO_LATE_NOTICES'
  if (one?.type === 'proposal') return 'TWO_PROPOSALS_OF_ONE_RANK'
  invariant(one?.type === 'share' && two?.type === 'share', 'verified evidence is of one type')
  // Of two reports the slots do not matter: the graver fault names the kind.
  const isOneReport = equalBytes(one.reportDigest, two.reportDigest)
  return isOneReport ? 'TWO_SHARES_IN_ONE_SLOT' : 'TWO_REPORT_DIGESTS'
}

function acquit(code: AcquittalCode, reason: string): Judgement {
  return { type: 'acquits', code, reason }
}

const COMMITTEE_OFFSET = 2

/** Opens a message that one member signed; `name` is what reasons call it. */
export function openClaim(
  context: Context,
  bytes: Uint8Array,
  name: 'first' | 'second' | 'only',
): Opened {
  const { committee } = context
  const refuse = (code: AcquittalCode, why: string): Opened => ({
    type: 'refused',
    code,
    reason: `the ${name} message ${why}`,
  })
  const type = typeOfBytes(bytes)
  if (type === null) return refuse('MESSAGE_MALFORMED', 'begins with no known type')
  if (bytes.length > messageBytesMax(committee, type)) {
    return refuse('MESSAGE_TOO_LARGE', `is larger than any ${type} of this committee`)
  }
  const digest = bytes.subarray(COMMITTEE_OFFSET, COMMITTEE_OFFSET + committee.digest.length)
  if (digest.length < committee.digest.length) return refuse('MESSAGE_MALFORMED', 'is cut off')
  if (!equalBytes(digest, committee.digest)) {
    return refuse('MESSAGE_OF_OTHER_COMMITTEE', `names committee ${toHex(digest)}`)
  }
  const message = decode(committee, bytes)
  if (message === null) return refuse('MESSAGE_MALFORMED', `is no canonical ${type}`)
  if (message.type === 'certificate' || message.type === 'evidence') {
    return refuse('MESSAGE_UNSIGNED', `is ${type}, which no single member signs`)
  }
  return openSigned(context, { message, bytes, name })
}

function openSigned(
  context: Context,
  of: { readonly message: MemberDecoded; readonly bytes: Uint8Array; readonly name: string },
): Opened {
  const { message, bytes, name } = of
  const digest = digestOfBody(context, bodyOf(bytes))
  const member = context.committee.params.members[message.sender]
  const isSigned =
    member !== undefined &&
    context.crypto.verifyMessage(signatureOf(bytes), digest, member.identityKey)
  if (isSigned) return { type: 'claim', claim: { message, digest, bytes } }
  const reason = `the ${name} message is not signed by member ${message.sender}, whom it names`
  return { type: 'refused', code: 'SIGNATURE_INVALID', reason }
}

/** Why an honest member may have signed both; null when none may. */
function agreementOf(one: Claim, two: Claim): Judgement | null {
  const [a, b] = [one.message, two.message]
  if (a.sender !== b.sender) {
    return acquit('SENDERS_DIFFER', `members ${a.sender} and ${b.sender} signed one each`)
  }
  if (a.round !== b.round) {
    return acquit('ROUNDS_DIFFER', `one is of round ${a.round}, the other of ${b.round}`)
  }
  if (a.type !== b.type) return acquit('TYPES_DIFFER', `one is ${a.type}, the other ${b.type}`)
  if (equalBytes(one.digest, two.digest)) {
    return acquit('SAME_CONTENT', 'both say the same; only their signatures may differ')
  }
  if (isConflict(one, two)) return null
  if (a.type === 'proposal') {
    return acquit('RANKS_DIFFER', 'they are proposals of rank 0 and of rank 1')
  }
  return acquit('SAME_REPORT', 'they are shares of one report in two slots')
}

function convict(context: Context, one: Claim, two: Claim): Judgement {
  const [first, second] = compareBytes(one.digest, two.digest) < 0 ? [one, two] : [two, one]
  const { sender: accused, round } = first.message
  const evidence: Evidence = {
    type: 'evidence',
    accused,
    round,
    messages: [first.bytes, second.bytes],
  }
  // The core's own check has the last word, so that this one can never convict more than it does.
  if (!isEvidenceSound(context, evidence)) {
    return acquit('MESSAGE_MALFORMED', 'they are no evidence by the rules of the core')
  }
  const bytes = encodeEvidence(context.committee, evidence)
  const kind = kindOf(context.committee, evidence)
  return { type: 'convicts', accused, round, kind, evidence, bytes }
}
