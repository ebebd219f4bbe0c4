import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutBytes, joinBytes } from '../../../../aggregator/values/slab.ts'

describe('pieces of slabs', () => {
  test('are zeroed, of the length asked for, and nobody writes into two of them', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 60 })
    fc.assert(
      fc.property(lengths, (asked) => {
        const pieces = asked.map((length, index) => {
          const piece = cutBytes(length)
          expect(piece.every((byte) => byte === 0)).toBe(true)
          return piece.fill(index + 1)
        })
        expect(pieces.map((piece) => piece.length)).toEqual(asked)
        for (const [index, piece] of pieces.entries()) {
          expect(piece.every((byte) => byte === index + 1)).toBe(true)
        }
      }),
    )
  })

  test('short and very long arrays stand alone, so that a few bytes keep no slab', () => {
    expect(cutBytes(64).buffer.byteLength).toBe(64)
    expect(cutBytes(4_096).buffer.byteLength).toBe(4_096)
  })

  test('two arrays are joined in order', () => {
    const joined = joinBytes(new Uint8Array(70).fill(1), Uint8Array.of(2, 3))
    expect([...joined.slice(68)]).toEqual([1, 1, 2, 3])
  })
})
