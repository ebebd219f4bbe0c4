import { concat } from '../values/bytes.ts'
import { Writer } from '../values/codec.ts'
import type { MemberIndex, Members, Round } from '../values/ids.ts'
import { hasMember } from '../values/ids.ts'
import type { Committee } from './committee.ts'

/**
 * The permutation of members that decides who proposes, combines and transmits in a round
 * (protocol §4.1): Fisher–Yates over 16-bit draws from keccak256(committeeDigest ‖ round u64) and
 * its hash. A draw modulo at most 31 is off uniform by less than 1 in 2,000, which favours nobody
 * enough to matter: the order rotates every round.
 */
export function turnOrderOf(
  keccak256: (bytes: Uint8Array) => Uint8Array,
  committee: Committee,
  round: Round,
): readonly MemberIndex[] {
  const first = keccak256(new Writer(40).bytes(committee.digest).u64(round).done())
  const draws = concat(first, keccak256(first))
  const order = Array.from({ length: committee.size }, (_, index) => index)
  for (let last = order.length - 1; last > 0; last--) {
    const at = 2 * last
    const draw = (((draws[at] as number) << 8) | (draws[at + 1] as number)) % (last + 1)
    const swapped = order[draw] as number
    order[draw] = order[last] as number
    order[last] = swapped
  }
  return order
}

/** The first `count` members of a set in turn order; fewer when the set is smaller. */
export function firstInTurn(
  order: readonly MemberIndex[],
  set: Members,
  count: number,
): readonly MemberIndex[] {
  const chosen: MemberIndex[] = []
  for (const index of order) {
    if (chosen.length === count) break
    if (hasMember(set, index)) chosen.push(index)
  }
  return chosen
}
