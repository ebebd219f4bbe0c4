import { decodeWord } from '../report/words.ts'
import { compareBytes, equalBytes } from '../values/bytes.ts'
import type { MemberIndex, Round } from '../values/ids.ts'
import { countMembers, isSubset } from '../values/ids.ts'
import { joinBytes } from '../values/slab.ts'
import { isCertificatePast } from './admission.ts'
import { certificateMessage } from './certificate.ts'
import {
  attachedEvidenceBytesMax,
  bodyOf,
  type Decoded,
  decode,
  digestOfBody,
  encodeEvidence,
  type MessageContext,
  PROPOSAL_EVIDENCE_MAX,
  signatureOf,
  typeOfBytes,
} from './codec.ts'
import { isConflict } from './conflict.ts'
import type {
  Certificate,
  Digest,
  Evidence,
  GossipMessage,
  Late,
  MemberMessage,
  Proposal,
  Unsigned,
  Verified,
} from './messages.ts'
import type { ProposalBody } from './proposal.ts'

/** Why a message was not accepted. Reject: only a faulty sender makes it. Ignore: innocent. */
export type FaultCode =
  | 'MALFORMED'
  | 'WRONG_TOPIC'
  | 'ROUND_PAST'
  | 'ROUND_AHEAD'
  | 'SIGNATURE_INVALID'
  | 'CERTIFICATE_INVALID'
  | 'EVIDENCE_INVALID'
  | 'PROPOSAL_INVALID'

/** Validly signed, of a round outside of the window: only who and which may be kept (§4.2). */
interface Elsewhere<V, C extends FaultCode> {
  readonly verdict: V
  readonly code: C
  readonly member: MemberIndex
  readonly round: Round
}

export type Verdict =
  | { readonly verdict: 'accept'; readonly message: Verified<GossipMessage> }
  | Elsewhere<'ahead', 'ROUND_AHEAD'>
  | Elsewhere<'behind', 'ROUND_PAST'>
  | { readonly verdict: 'ignore'; readonly code: FaultCode }
  | { readonly verdict: 'reject'; readonly code: FaultCode }

export type Topic = 'protocol' | 'reports'

/** What the verdict depends on besides the bytes. */
export interface Arrival {
  readonly topic: Topic
  /** Round open at this node now. */
  readonly currentRound: Round
  /** Of the best certificate here; where it is left out, certificates of all rounds are judged. */
  readonly bestRound?: Round
  /** This node's clock is doubted: who speaks in earlier rounds matters (§4.6). */
  readonly isClockDoubted?: boolean
}

const ignore = (code: FaultCode): Verdict => ({ verdict: 'ignore', code })
const reject = (code: FaultCode): Verdict => ({ verdict: 'reject', code })

function seal<M extends GossipMessage>(parts: {
  readonly message: M
  readonly bytes: Uint8Array
  readonly digest: Digest
}): Verified<M> {
  return parts as Verified<M>
}

/**
 * Judges the bytes of one message by everything that does not depend on the state of a round:
 * form, committee, window, signature (protocol §5, §4.2). Cheap checks come first. Never throws.
 */
export function validate(context: MessageContext, bytes: Uint8Array, arrival: Arrival): Verdict {
  const type = typeOfBytes(bytes)
  if (type === null) return reject('MALFORMED')
  if ((type === 'certificate') !== (arrival.topic === 'reports')) return reject('WRONG_TOPIC')
  const decoded = decode(context.committee, bytes)
  if (decoded === null) return reject('MALFORMED')
  if (decoded.type === 'certificate') {
    const { bestRound = 0 } = arrival
    if (isCertificatePast(context.committee, decoded.round, bestRound)) return ignore('ROUND_PAST')
    return judgeCertificate(context, decoded, bytes)
  }
  if (decoded.type === 'evidence') return judgeEvidence(context, decoded, bytes)
  return judgeMember(context, decoded, { bytes, arrival })
}

function judgeMember(
  context: MessageContext,
  decoded: Exclude<Decoded, Certificate | Evidence>,
  received: { readonly bytes: Uint8Array; readonly arrival: Arrival },
): Verdict {
  const { bytes, arrival } = received
  const { round, sender } = decoded
  const { roundsKept } = context.committee.params.limits
  const isPast = round < arrival.currentRound - roundsKept
  if (round < 1 || (isPast && arrival.isClockDoubted !== true)) return ignore('ROUND_PAST')
  const digest = digestOfBody(context, bodyOf(bytes))
  if (!isSignedBy(context, { digest, bytes, sender })) return reject('SIGNATURE_INVALID')
  if (isPast) return { verdict: 'behind', code: 'ROUND_PAST', member: sender, round }
  if (round > arrival.currentRound + 1) {
    return { verdict: 'ahead', code: 'ROUND_AHEAD', member: sender, round }
  }
  if (decoded.type !== 'proposal') {
    return { verdict: 'accept', message: seal({ message: decoded, bytes, digest }) }
  }
  const message = openProposal(context, decoded)
  if (message === null) return reject('PROPOSAL_INVALID')
  return { verdict: 'accept', message: seal({ message, bytes, digest }) }
}

function isSignedBy(
  context: MessageContext,
  parts: { readonly digest: Digest; readonly bytes: Uint8Array; readonly sender: MemberIndex },
): boolean {
  const member = context.committee.params.members[parts.sender]
  if (member === undefined) return false
  return context.crypto.verifyMessage(signatureOf(parts.bytes), parts.digest, member.identityKey)
}

function judgeCertificate(
  context: MessageContext,
  message: Certificate,
  bytes: Uint8Array,
): Verdict {
  if (!isCertificateSound(context, message)) return reject('CERTIFICATE_INVALID')
  const digest = context.crypto.keccak256(bytes)
  return { verdict: 'accept', message: seal({ message, bytes, digest }) }
}

/** Whether the group key signed exactly this certificate (§5.5). */
export function isCertificateSound(context: MessageContext, certificate: Certificate): boolean {
  const { committee, crypto } = context
  // Honest members never sign such sets; refused before the costly checks.
  if (countMembers(certificate.signingSet) !== committee.signingThreshold) return false
  if (certificate.round < 1 || !isSubset(certificate.expectedNext, committee.all)) return false
  if (!certificate.words.every((word) => decodeWord(word) !== null)) return false
  const message = certificateMessage(crypto.keccak256, certificate)
  return crypto.threshold.verify(committee.groupKey.publicKey, message, certificate.signature)
}

function judgeEvidence(context: MessageContext, message: Evidence, bytes: Uint8Array): Verdict {
  if (!isEvidenceSound(context, message)) return reject('EVIDENCE_INVALID')
  const digest = context.crypto.keccak256(bytes)
  return { verdict: 'accept', message: seal({ message, bytes, digest }) }
}

/** Whether both messages are the accused member's own and contradict each other (§9.1). */
export function isEvidenceSound(context: MessageContext, evidence: Evidence): boolean {
  const claims = evidence.messages.map((bytes) => {
    const message = decode(context.committee, bytes)
    if (message === null || message.type === 'certificate' || message.type === 'evidence')
      return null
    return { message, bytes, digest: digestOfBody(context, bodyOf(bytes)) }
  })
  const [one, two] = claims
  if (one === null || one === undefined || two === null || two === undefined) return false
  if (one.message.sender !== evidence.accused || one.message.round !== evidence.round) return false
  if (compareBytes(one.digest, two.digest) >= 0 || !isConflict(one, two)) return false
  const sender = evidence.accused
  return [one, two].every(({ digest, bytes }) => isSignedBy(context, { digest, bytes, sender }))
}

/**
 * Opens what a proposal carries; null unless every attached message is sound, sorted and of its
 * round.
 */
function openProposal(context: MessageContext, body: ProposalBody): Proposal | null {
  const lates = openLates(context, body)
  const evidence = openEvidence(context, body)
  if (lates === null || evidence === null) return null
  const { lateBytes: _lateBytes, evidenceBytes: _evidenceBytes, ...rest } = body
  return { ...rest, lates, evidence }
}

function openLates(context: MessageContext, body: ProposalBody): Verified<Late>[] | null {
  const opened: Verified<Late>[] = []
  let last = -1
  for (const bytes of body.lateBytes) {
    const message = decode(context.committee, bytes)
    if (message?.type !== 'late' || message.round !== body.round) return null
    if (message.sender <= last) return null
    last = message.sender
    const digest = digestOfBody(context, bodyOf(bytes))
    if (!isSignedBy(context, { digest, bytes, sender: message.sender })) return null
    opened.push(seal({ message, bytes, digest }))
  }
  return opened
}

function openEvidence(context: MessageContext, body: ProposalBody): Verified<Evidence>[] | null {
  if (body.evidenceBytes.length > PROPOSAL_EVIDENCE_MAX) return null
  const opened: Verified<Evidence>[] = []
  let last = -1
  for (const bytes of body.evidenceBytes) {
    if (bytes.length > attachedEvidenceBytesMax(context.committee)) return null
    const message = decode(context.committee, bytes)
    if (message?.type !== 'evidence' || message.accused <= last) return null
    if (!isEvidenceSound(context, message)) return null
    last = message.accused
    opened.push(seal({ message, bytes, digest: context.crypto.keccak256(bytes) }))
  }
  return opened
}

/** Completes a message of ours with the signature its host made; not verified again. */
export function sealOwn<M extends MemberMessage>(
  unsigned: Unsigned<M>,
  signature: Uint8Array,
): Verified<M> {
  const bytes = joinBytes(unsigned.body, signature)
  return seal({ message: unsigned.message, bytes, digest: unsigned.digest })
}

/** A certificate that this node's own combination produced and checked (§6.8). */
export function sealCertificate(
  context: MessageContext,
  parts: { readonly message: Certificate; readonly bytes: Uint8Array },
): Verified<Certificate> {
  return seal({ ...parts, digest: context.crypto.keccak256(parts.bytes) })
}

/** Evidence made of two verified messages of one member; null when they do not conflict. */
export function evidenceFrom(
  context: MessageContext,
  pair: readonly [Verified<MemberMessage>, Verified<MemberMessage>],
): Verified<Evidence> | null {
  const [first, second] = pair
  if (!isConflict(first, second)) return null
  const ordered = compareBytes(first.digest, second.digest) < 0 ? [first, second] : [second, first]
  const message: Evidence = {
    type: 'evidence',
    accused: first.message.sender,
    round: first.message.round,
    messages: [(ordered[0] as typeof first).bytes, (ordered[1] as typeof first).bytes],
  }
  const bytes = encodeEvidence(context.committee, message)
  return seal({ message, bytes, digest: context.crypto.keccak256(bytes) })
}

/** Whether two verified messages are the same claim, whatever their signature bytes. */
export function isSameClaim(a: Verified<GossipMessage>, b: Verified<GossipMessage>): boolean {
  return a === b || equalBytes(a.digest, b.digest)
}
