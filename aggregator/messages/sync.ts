import type { Committee } from '../committee/committee.ts'
import { equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader, Writer } from '../values/codec.ts'
import { MESSAGE_TAG, MESSAGE_VERSION, PREFIX_BYTES, readMembers, writePrefix } from './fields.ts'
import type { DirectMessage, GossipMessage, Verified } from './messages.ts'

/** Largest sync answer in bytes; what does not fit is left out and asked for again (§13). */
export const SYNC_ANSWER_BYTES_MAX = 1_048_576

/** Prefix and count; then a length before each message. */
const ANSWER_FRAME_BYTES = PREFIX_BYTES + 2

/** The first of the messages held that fit one answer, by number and by size. */
export function answerWithin(
  committee: Committee,
  held: readonly (Verified<GossipMessage> | undefined)[],
): readonly Uint8Array[] {
  const { syncBatchMax } = committee.params.limits
  const messages: Uint8Array[] = []
  let size = ANSWER_FRAME_BYTES
  for (const each of held) {
    if (each === undefined) continue
    size += 4 + each.bytes.length
    if (messages.length === syncBatchMax || size > SYNC_ANSWER_BYTES_MAX) break
    messages.push(each.bytes)
  }
  return messages
}

/** Wire form of a point-to-point message; the authenticated channel names the sender. */
export function encodeDirect(committee: Committee, message: DirectMessage): Uint8Array {
  const writer = writePrefix(new Writer(), committee, message.type)
  if (message.type === 'syncRequest') return writer.u64(message.round).u32(message.observers).done()
  writer.u16(message.messages.length)
  for (const bytes of message.messages) writer.u32(bytes.length).bytes(bytes)
  return writer.done()
}

/** Reads a point-to-point message; null when it is malformed or of another committee. */
export function decodeDirect(committee: Committee, bytes: Uint8Array): DirectMessage | null {
  if (bytes.length > SYNC_ANSWER_BYTES_MAX) return null
  try {
    const reader = new Reader(bytes)
    const tag = reader.u8()
    reader.check(reader.u8() === MESSAGE_VERSION, 'another version')
    reader.check(equalBytes(reader.view(32), committee.digest), 'another committee')
    const message = readDirect(reader, committee, tag)
    reader.end()
    return message
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}

function readDirect(reader: Reader, committee: Committee, tag: number): DirectMessage {
  if (tag === MESSAGE_TAG.syncRequest) {
    return { type: 'syncRequest', round: reader.u64(), observers: readMembers(reader, committee) }
  }
  if (tag !== MESSAGE_TAG.syncAnswer) throw reader.malformed('not a direct message')
  const count = reader.u16()
  reader.check(count <= committee.params.limits.syncBatchMax, 'more messages than a batch holds')
  return {
    type: 'syncAnswer',
    messages: Array.from({ length: count }, () => reader.bytes(reader.u32())),
  }
}
