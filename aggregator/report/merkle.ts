import { invariant } from '../assert.ts'
import { concat } from '../values/bytes.ts'
import { Writer } from '../values/codec.ts'
import type { FeedIndex } from '../values/ids.ts'

type Keccak256 = (bytes: Uint8Array) => Uint8Array

/** Leaf of a feed: keccak256(index u16 ‖ word of 32 bytes), 34 bytes hashed (protocol §7). */
export function leafOf(keccak256: Keccak256, index: FeedIndex, word: Uint8Array): Uint8Array {
  invariant(word.length === 32, 'a leaf holds one word of 32 bytes')
  return keccak256(new Writer(34).u16(index).bytes(word).done())
}

/** Levels from the leaves of words to the root. */
function levelsOf(keccak256: Keccak256, words: readonly Uint8Array[]): Uint8Array[][] {
  return levelsAbove(
    keccak256,
    words.map((word, index) => leafOf(keccak256, index, word)),
  )
}

/** Levels from leaves to root; an odd node is promoted unchanged to the next level. */
export function levelsAbove(keccak256: Keccak256, leaves: readonly Uint8Array[]): Uint8Array[][] {
  invariant(leaves.length > 0, 'a tree has at least one leaf')
  let level = [...leaves]
  const levels = [level]
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array
      const right = level[i + 1]
      above.push(right === undefined ? left : keccak256(concat(left, right)))
    }
    levels.push(above)
    level = above
  }
  return levels
}

/** Root over all feeds of a committee, in order; inner node = keccak256(left ‖ right). */
export function merkleRoot(keccak256: Keccak256, words: readonly Uint8Array[]): Uint8Array {
  return levelsOf(keccak256, words).at(-1)?.[0] as Uint8Array
}

/**
 * Siblings from the leaf to the root. A level where the node is promoted has no sibling, so a proof
 * may be shorter than the tree is high; the verifier derives which levels from index and count.
 */
export function merkleProof(
  keccak256: Keccak256,
  words: readonly Uint8Array[],
  index: FeedIndex,
): Uint8Array[] {
  invariant(index >= 0 && index < words.length, 'a proof is for a feed of the report')
  const proof: Uint8Array[] = []
  let position = index
  for (const level of levelsOf(keccak256, words)) {
    const sibling = level[position ^ 1]
    if (level.length > 1 && sibling !== undefined) proof.push(sibling)
    position >>= 1
  }
  return proof
}
