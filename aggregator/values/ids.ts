import { invariant } from '../assert.ts'

/** Round number: r opens at genesisMs + r × roundMs (protocol §4.1). A safe integer from 0. */
export type Round = number
/** Position of a member in the committee, 0..n−1; its FROST identifier is this plus one (§2.2). */
export type MemberIndex = number
/** Position of a feed in the committee's list of feeds, 0..1023. */
export type FeedIndex = number
/** Set of members as an unsigned 32-bit number: bit i stands for member i (n ≤ 31). */
export type Members = number

export const NO_MEMBERS: Members = 0

/** All members of a committee of n, 1 ≤ n ≤ 31. */
export function allMembers(n: number): Members {
  invariant(n >= 1 && n <= 31, 'a committee has 1 to 31 members')
  return n === 31 ? 0x7fffffff : (1 << n) - 1
}

export function hasMember(set: Members, index: MemberIndex): boolean {
  return ((set >>> index) & 1) === 1
}

export function withMember(set: Members, index: MemberIndex): Members {
  return (set | (1 << index)) >>> 0
}

export function withoutMember(set: Members, index: MemberIndex): Members {
  return (set & ~(1 << index)) >>> 0
}

/** Members of `a` that are not in `b`. */
export function difference(a: Members, b: Members): Members {
  return (a & ~b) >>> 0
}

export function isSubset(inner: Members, outer: Members): boolean {
  return (inner & ~outer) === 0
}

/** Number of members in the set. */
export function countMembers(set: Members): number {
  let rest = set - ((set >>> 1) & 0x55555555)
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333)
  return (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}

/** How many members of the set come before one in ascending order; −1 for one that is not in it. */
export function positionIn(set: Members, index: MemberIndex): number {
  return hasMember(set, index) ? countMembers(set & ((1 << index) - 1)) : -1
}

/** The members in ascending order. */
export function listMembers(set: Members): MemberIndex[] {
  // With its length from the start: a list that is pushed to gets room for sixteen more.
  const list = new Array<MemberIndex>(countMembers(set))
  for (let rest = set, index = 0, at = 0; rest !== 0; rest >>>= 1, index++) {
    if ((rest & 1) === 1) list[at++] = index
  }
  return list
}

export function membersOf(indices: readonly MemberIndex[]): Members {
  let set = NO_MEMBERS
  for (const index of indices) set = withMember(set, index)
  return set
}
