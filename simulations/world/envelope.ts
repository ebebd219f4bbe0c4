import type { GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { NO_MEMBERS } from '../../aggregator/values/ids.ts'
import { Trace } from '../determinism/trace.ts'
import type { CertificateDigests } from './certificate-digests.ts'

/** A gossip message on its way, with who has it. One object for all copies of one content. */
export interface Envelope {
  readonly type: 'envelope'
  readonly message: Verified<GossipMessage>
  /**
   * Words that stand for it in the trace, a hash of type, round, sender, values and report digest:
   * once for each message, as every member's trace of it says the same.
   */
  readonly marks: readonly [number, number]
  /** Members that have received it. */
  seen: Members
  /** Members that a relayed copy is on its way to. */
  relayed: Members
  /** Every member gets a direct copy: relaying would bring nothing sooner. */
  isWhole: boolean
  /** Where the overlay counts its copies (overlay.ts); null until somebody has sent it. */
  place: number | null
}

export function envelopeOf(
  digests: CertificateDigests,
  message: Verified<GossipMessage>,
): Envelope {
  return {
    type: 'envelope',
    message,
    marks: hashed(marksOf(digests, message.message)),
    seen: NO_MEMBERS,
    relayed: NO_MEMBERS,
    isWhole: false,
    place: null,
  }
}

const ENVELOPE = Symbol('envelope')

interface Enveloped {
  [ENVELOPE]?: Envelope
}

/**
 * The envelope that was put on these very bytes. It stands on them and not in a weak map, whose
 * values lead back to its keys here: those outlive every collection but a full one.
 */
export function envelopeOn(bytes: Uint8Array): Envelope | undefined {
  return (bytes as Enveloped)[ENVELOPE]
}

export function putEnvelopeOn(bytes: Uint8Array, envelope: Envelope): void {
  const enveloped = bytes as Enveloped
  enveloped[ENVELOPE] = envelope
}

const TYPE_MARK = {
  observation: 1,
  late: 2,
  proposal: 3,
  share: 4,
  certificate: 5,
  evidence: 6,
} as const

function hashed(marks: readonly number[]): readonly [number, number] {
  const trace = new Trace()
  trace.addAll(marks)
  return trace.words()
}

function marksOf(digests: CertificateDigests, message: GossipMessage): readonly number[] {
  const { round } = message
  const marks = [TYPE_MARK[message.type], round, highOf(round), senderOf(message)]
  switch (message.type) {
    case 'observation':
      for (const value of message.values) addValue(marks, value)
      return marks
    case 'late':
      marks.push(message.members)
      return marks
    case 'proposal':
      marks.push(message.rank, message.observers)
      return addDigest(marks, message.reportDigest)
    case 'share':
      marks.push(message.slot)
      return addDigest(marks, message.reportDigest)
    case 'certificate':
      marks.push(message.slot)
      return addDigest(marks, digests.of(message).reportDigest)
    case 'evidence':
      return marks
  }
}

function senderOf(message: GossipMessage): MemberIndex {
  if (message.type === 'certificate') return -1
  return message.type === 'evidence' ? message.accused : message.sender
}

/** The upper word of a safe integer. */
function highOf(value: number): number {
  return (value - (value >>> 0)) / 0x1_0000_0000
}

/** The marks of a value: whether there is one, then its low and its high word. */
function addValue(marks: number[], value: bigint | null): void {
  if (value === null) {
    marks.push(0, 0, 0)
    return
  }
  const number = Number(value)
  if (number >= 0 && Number.isSafeInteger(number)) {
    marks.push(1, number >>> 0, highOf(number))
    return
  }
  // Values of feeds fit 64 bits (protocol §7).
  const bits = BigInt.asUintN(64, value)
  marks.push(1, Number(bits & 0xffffffffn), Number(bits >> 32n))
}

function addDigest(marks: number[], digest: Uint8Array): number[] {
  const word = (at: number) =>
    ((digest[at] as number) << 24) |
    ((digest[at + 1] as number) << 16) |
    ((digest[at + 2] as number) << 8) |
    (digest[at + 3] as number)
  marks.push(word(0), word(4))
  return marks
}
