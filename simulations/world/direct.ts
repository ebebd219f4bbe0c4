import type { Context } from '../../aggregator/context.ts'
import { typeOfBytes } from '../../aggregator/messages/codec.ts'
import type { DirectMessage, GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import { validate } from '../../aggregator/messages/validate.ts'
import type { Round } from '../../aggregator/values/ids.ts'

const REQUEST_BYTES = 46
const ANSWER_HEAD_BYTES = 36
const LENGTH_BYTES = 4

/** Size of a point-to-point message on the wire (protocol §5.5). */
export function directBytes(message: DirectMessage): number {
  if (message.type === 'syncRequest') return REQUEST_BYTES
  return message.messages.reduce(
    (sum, bytes) => sum + bytes.length + LENGTH_BYTES,
    ANSWER_HEAD_BYTES,
  )
}

/** Bytes of a sync answer that nobody in this world has sealed; null when they are refused. */
export function judgedBytes(
  context: Context,
  bytes: Uint8Array,
  currentRound: Round,
): Verified<GossipMessage> | null {
  const topic = typeOfBytes(bytes) === 'certificate' ? 'reports' : 'protocol'
  const verdict = validate(context, bytes, { topic, currentRound })
  return verdict.verdict === 'accept' ? verdict.message : null
}
