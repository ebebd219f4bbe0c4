import { createHash } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bigintBytes, bigintFrom } from '../../../../aggregator/values/bytes.ts'
import { javascriptEcdsa } from '../../../../node/keys/ecdsa.ts'
import { cryptoOf, loadEcdsa } from '../../../../node/keys/native.ts'

const native = loadEcdsa({ fallback: 'refuse' })
const ORDER = secp256k1.Point.Fn.ORDER
const sha = (text: string) => Uint8Array.from(createHash('sha256').update(text).digest())
const KEY = sha('key')
const PUBLIC = javascriptEcdsa.publicKeyOf(KEY)

/** Both verdicts, which must be one. */
function verdict(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
  const ours = native.verify(signature, digest, publicKey)
  expect(javascriptEcdsa.verify(signature, digest, publicKey)).toBe(ours)
  return ours
}

const highOf = (signature: Uint8Array) =>
  Uint8Array.from([
    ...signature.subarray(0, 32),
    ...bigintBytes(ORDER - bigintFrom(signature.subarray(32)), 32),
  ])

describe('native secp256k1', () => {
  it('is native where the addon was installed', () => {
    expect(native.implementation).toBe('native')
  })

  it('signs the very bytes that the reference signs, low-s, and both accept them', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(bytes32, fc.string(), (digest, name) => {
        const key = sha(name)
        const signature = native.sign(digest, key)
        expect(signature).toEqual(javascriptEcdsa.sign(digest, key))
        expect(bigintFrom(signature.subarray(32)) <= ORDER / 2n).toBe(true)
        const publicKey = native.publicKeyOf(key)
        expect(publicKey).toEqual(javascriptEcdsa.publicKeyOf(key))
        expect(verdict(signature, digest, publicKey)).toBe(true)
        expect(verdict(highOf(signature), digest, publicKey)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it('agrees with the reference on every flipped bit', () => {
    const digest = sha('message')
    const signature = native.sign(digest, KEY)
    for (let bit = 0; bit < 512; bit += 7) {
      const flipped = Uint8Array.from(signature)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(verdict(flipped, digest, PUBLIC)).toBe(false)
    }
    for (let bit = 0; bit < 264; bit += 5) {
      const flipped = Uint8Array.from(PUBLIC)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(verdict(signature, digest, flipped)).toBe(false)
    }
  })

  const digest = sha('message')
  const good = native.sign(digest, KEY)
  const edges = [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, (1n << 256n) - 1n].map((each) =>
    bigintBytes(each, 32),
  )
  it.each([
    ['an empty signature', new Uint8Array(0), digest, PUBLIC],
    ['63 bytes', good.subarray(1), digest, PUBLIC],
    ['65 bytes', Uint8Array.from([...good, 0]), digest, PUBLIC],
    ['a short digest', good, digest.subarray(1), PUBLIC],
    ['a long digest', good, new Uint8Array(64), PUBLIC],
    ['an uncompressed key', good, digest, secp256k1.getPublicKey(KEY, false)],
    ['an empty key', good, digest, new Uint8Array(0)],
    ['a key of zeros', good, digest, new Uint8Array(33)],
    ['a key off the curve', good, digest, Uint8Array.from([2, ...new Uint8Array(31), 5])],
    ['a key above the field', good, digest, new Uint8Array(33).fill(255).fill(2, 0, 1)],
    ['a hybrid key', good, digest, Uint8Array.from([6, ...PUBLIC.subarray(1)])],
  ])('refuses %s like the reference, without throwing', (_, signature, message, publicKey) => {
    expect(verdict(signature, message, publicKey)).toBe(false)
  })

  it('refuses every combination of r and s at the edges', () => {
    for (const r of edges) {
      for (const s of edges) {
        expect(verdict(Uint8Array.from([...r, ...s]), digest, PUBLIC)).toBe(false)
      }
    }
  })

  it('refuses private keys that are none, in both implementations', () => {
    const bad = [new Uint8Array(0), new Uint8Array(32), new Uint8Array(31).fill(1), edges[3]]
    for (const key of bad) {
      for (const ecdsa of [native, javascriptEcdsa]) {
        const code = expect.objectContaining({ code: 'PRIVATE_KEY_INVALID' })
        expect(() => ecdsa.sign(digest, key ?? new Uint8Array(0))).toThrow(code)
        expect(() => ecdsa.publicKeyOf(key ?? new Uint8Array(0))).toThrow(code)
      }
    }
  })

  it('falls back to JavaScript only where that was allowed', () => {
    const missing = {
      load: () => {
        throw new Error('no prebuilt addon')
      },
    }
    expect(() => loadEcdsa({ fallback: 'refuse' }, missing)).toThrow(
      expect.objectContaining({ code: 'NATIVE_SECP256K1_MISSING' }),
    )
    expect(loadEcdsa({ fallback: 'allow' }, missing).implementation).toBe('javascript')
  })
})

describe('cryptoOf', () => {
  it('hashes with Keccak-256, not SHA3', () => {
    const hash = cryptoOf(native).keccak256(new Uint8Array(0))
    expect(Buffer.from(hash).toString('hex')).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    )
  })
})
