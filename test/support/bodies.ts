import type { Committee } from '../../aggregator/committee/committee.ts'
import { writePrefix } from '../../aggregator/messages/fields.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { Writer } from '../../aggregator/values/codec.ts'

/** Which message a body is of, as far as a signer reads it. */
export interface BodyOf {
  readonly round: number
  readonly sender: number
  readonly kind: Exclude<Promised['kind'], 'share'>
}

/** What a signer takes for the body of a message: its head, and any content. */
export function bodyLike(committee: Committee, of: BodyOf, content: Uint8Array): Uint8Array {
  const { round, sender, kind } = of
  const isProposal = kind === 'proposal0' || kind === 'proposal1'
  const writer = writePrefix(new Writer(), committee, isProposal ? 'proposal' : kind)
  writer.u64(round).u8(sender)
  if (isProposal) writer.u8(kind === 'proposal0' ? 0 : 1)
  return writer.bytes(content).done()
}
