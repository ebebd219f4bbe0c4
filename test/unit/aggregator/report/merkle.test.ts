import { keccak_256 } from '@noble/hashes/sha3.js'
import { describe, expect, test } from 'vitest'
import { leafOf, merkleProof, merkleRoot } from '../../../../aggregator/report/merkle.ts'
import { concat } from '../../../../aggregator/values/bytes.ts'

const keccak256 = (bytes: Uint8Array) => keccak_256(bytes)
const wordsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => new Uint8Array(32).fill(index + 1))

/** The verifier of a contract: derives from index and count at which levels there is a sibling. */
function rootFrom(word: Uint8Array, at: { index: number; count: number }, proof: Uint8Array[]) {
  let { index, count } = at
  let node = leafOf(keccak256, index, word)
  const rest = [...proof]
  while (count > 1) {
    const isPromoted = index === count - 1 && count % 2 === 1
    if (!isPromoted) {
      const sibling = rest.shift() ?? new Uint8Array()
      node = keccak256(index % 2 === 0 ? concat(node, sibling) : concat(sibling, node))
    }
    index >>= 1
    count = (count + 1) >> 1
  }
  return rest.length === 0 ? node : null
}

describe('the tree of feeds (protocol §7)', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 17, 33])('of %i proves every feed', (count) => {
    const words = wordsOf(count)
    const root = merkleRoot(keccak256, words)
    for (const [index, word] of words.entries()) {
      const proof = merkleProof(keccak256, words, index)
      expect(rootFrom(word, { index, count }, proof)).toEqual(root)
    }
  })

  test('of 1024 has proofs of ten', () => {
    expect(merkleProof(keccak256, wordsOf(1024), 1023)).toHaveLength(10)
  })

  test('of one is its leaf', () => {
    const [word] = wordsOf(1) as [Uint8Array]
    expect(merkleRoot(keccak256, [word])).toEqual(keccak256(concat(Uint8Array.of(0, 0), word)))
  })

  test('promotes the odd node unchanged', () => {
    const words = wordsOf(3)
    const [a, b, c] = words.map((word, index) => leafOf(keccak256, index, word))
    const left = keccak256(concat(a as Uint8Array, b as Uint8Array))
    expect(merkleRoot(keccak256, words)).toEqual(keccak256(concat(left, c as Uint8Array)))
    expect(merkleProof(keccak256, words, 2)).toEqual([left])
  })

  test('changes when two feeds change places', () => {
    const words = wordsOf(4)
    const swapped = [words[1], words[0], words[2], words[3]] as Uint8Array[]
    expect(merkleRoot(keccak256, swapped)).not.toEqual(merkleRoot(keccak256, words))
  })

  test('proves nothing under another index, word or length', () => {
    const words = wordsOf(5)
    const root = merkleRoot(keccak256, words)
    const proof = merkleProof(keccak256, words, 2)
    const word = words[2] as Uint8Array
    expect(rootFrom(word, { index: 3, count: 5 }, proof)).not.toEqual(root)
    expect(rootFrom(word.with(0, 9), { index: 2, count: 5 }, proof)).not.toEqual(root)
    expect(rootFrom(word, { index: 2, count: 4 }, proof)).not.toEqual(root)
  })
})
