import { equalBytes } from '../values/bytes.ts'
import type { Digest, MemberMessage } from './messages.ts'

/** The part of a message that decides whether it conflicts with another one of its sender. */
export interface Claim {
  readonly message: Pick<MemberMessage, 'type' | 'round' | 'sender'> & {
    readonly rank?: number
    readonly slot?: number
    readonly reportDigest?: Digest
  }
  readonly digest: Digest
}

/**
 * Whether no honest member makes both in one round (protocol §9.1): two different observations, two
 * late notices, two proposals of one rank, two shares in one slot, or two shares with different
 * report digests.
 */
export function isConflict(a: Claim, b: Claim): boolean {
  const [one, two] = [a.message, b.message]
  if (one.type !== two.type || one.round !== two.round || one.sender !== two.sender) return false
  if (equalBytes(a.digest, b.digest)) return false
  if (one.type === 'proposal') return one.rank === two.rank
  if (one.type !== 'share') return true
  if (one.slot === two.slot) return true
  return !equalBytes(one.reportDigest as Digest, two.reportDigest as Digest)
}
