import type { Committee } from '../../aggregator/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import { certificateReportDigest } from '../../aggregator/messages/certificate.ts'
import type { GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { NO_MEMBERS } from '../../aggregator/values/ids.ts'

/** A gossip message on its way, with who has it. One object for all copies of one content. */
export interface Envelope {
  readonly message: Verified<GossipMessage>
  /** Words that stand for it in the trace: type, round, sender, values, report digest. */
  readonly marks: readonly number[]
  /** Members that have received it. */
  seen: Members
  /** Members that a relayed copy is on its way to. */
  relayed: Members
  /** Every member gets a direct copy: relaying would bring nothing sooner. */
  isWhole: boolean
}

export function envelopeOf(context: Context, message: Verified<GossipMessage>): Envelope {
  return {
    message,
    marks: marksOf(context, message.message),
    seen: NO_MEMBERS,
    relayed: NO_MEMBERS,
    isWhole: false,
  }
}

const TYPE_MARK = {
  observation: 1,
  late: 2,
  proposal: 3,
  share: 4,
  certificate: 5,
  evidence: 6,
} as const

function marksOf(context: Context, message: GossipMessage): readonly number[] {
  const marks = [TYPE_MARK[message.type], ...wide(message.round), senderOf(message)]
  switch (message.type) {
    case 'observation':
      for (const value of message.values) marks.push(...valueMarks(value))
      return marks
    case 'late':
      return [...marks, message.members]
    case 'proposal':
      return [...marks, message.rank, message.observers, ...digestMarks(message.reportDigest)]
    case 'share':
      return [...marks, message.slot, ...digestMarks(message.reportDigest)]
    case 'certificate':
      return [
        ...marks,
        message.slot,
        ...digestMarks(certificateReportDigest(context.crypto.keccak256, message)),
      ]
    case 'evidence':
      return marks
  }
}

function senderOf(message: GossipMessage): MemberIndex {
  if (message.type === 'certificate') return -1
  return message.type === 'evidence' ? message.accused : message.sender
}

function wide(value: number): readonly [number, number] {
  return [value, (value - (value >>> 0)) / 0x1_0000_0000]
}

function valueMarks(value: bigint | null): readonly [number, number, number] {
  if (value === null) return [0, 0, 0]
  // Values of feeds fit 64 bits (protocol §7).
  const bits = BigInt.asUintN(64, value)
  return [1, Number(bits & 0xffffffffn), Number(bits >> 32n)]
}

function digestMarks(digest: Uint8Array): readonly [number, number] {
  const word = (at: number) =>
    ((digest[at] as number) << 24) |
    ((digest[at + 1] as number) << 16) |
    ((digest[at + 2] as number) << 8) |
    (digest[at + 3] as number)
  return [word(0), word(4)]
}

/** The members that are not the one given. */
export function others(committee: Committee, member: MemberIndex): readonly MemberIndex[] {
  return Array.from({ length: committee.size }, (_, index) => index).filter(
    (index) => index !== member,
  )
}
