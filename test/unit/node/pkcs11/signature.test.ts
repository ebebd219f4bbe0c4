import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { bigintBytes, bigintFrom, toHex } from '../../../../aggregator/values/bytes.ts'
import { askPublicKey } from '../../../../node/pkcs11/ask-public-key.ts'
import { signatoriesOf, withLowS } from '../../../../node/pkcs11/signature.ts'

const ORDER = secp256k1.Point.CURVE().n
const KEY = new Uint8Array(32).fill(7)
const OTHER = new Uint8Array(32).fill(8)
const PUBLIC_KEY = secp256k1.getPublicKey(KEY)
const DIGEST = new Uint8Array(32).fill(1)

const signed = (digest: Uint8Array, key = KEY) =>
  secp256k1.sign(digest, key, { prehash: false, lowS: true })

/** The same signature as a token may give it. */
function withHighS(signature: Uint8Array): Uint8Array {
  const s = ORDER - bigintFrom(signature.subarray(32))
  return Uint8Array.of(...signature.subarray(0, 32), ...bigintBytes(s, 32))
}

describe('withLowS', () => {
  test('keeps a low s, and turns a high one into it', () => {
    const low = signed(DIGEST)
    expect(withLowS(low)).toEqual(low)
    expect(withLowS(withHighS(low))).toEqual(low)
  })

  test.each([
    ['nothing', new Uint8Array(64)],
    ['r that is the order', Uint8Array.of(...bigintBytes(ORDER, 32), ...DIGEST)],
    ['s that is the order', Uint8Array.of(...DIGEST, ...bigintBytes(ORDER, 32))],
    ['s of zero', Uint8Array.of(...DIGEST, ...new Uint8Array(32))],
    ['too few bytes', new Uint8Array(63).fill(1)],
  ])('takes no %s', (_what, signature) => {
    expect(withLowS(signature)).toBeNull()
  })
})

describe('signatoriesOf', () => {
  test('finds the key with what tells it from the other', () => {
    for (let digit = 1; digit < 9; digit++) {
      const digest = new Uint8Array(32).fill(digit)
      const found = signatoriesOf(signed(digest), digest)
      const own = found.find(({ publicKey }) => toHex(publicKey) === toHex(PUBLIC_KEY))
      const recovered = secp256k1.sign(digest, KEY, { prehash: false, format: 'recovered' })
      expect(own?.yParity).toBe(recovered[0])
    }
  })

  test('finds nobody where r is no point', () => {
    const none = Uint8Array.of(...new Uint8Array(31), 5, ...DIGEST)
    expect(signatoriesOf(none, DIGEST)).toEqual([])
  })
})

describe('askPublicKey', () => {
  test('finds whose signatures these are, high s or low', async () => {
    expect(await askPublicKey(async (digest) => signed(digest))).toEqual(PUBLIC_KEY)
    expect(await askPublicKey(async (digest) => withHighS(signed(digest)))).toEqual(PUBLIC_KEY)
  })

  test('says so when two answers are of two keys', async () => {
    const keys = [KEY, OTHER]
    const asked = askPublicKey(async (digest) => signed(digest, keys.shift()))
    await expect(asked).rejects.toMatchObject({ code: 'PKCS11_KEY_UNSUITABLE' })
  })
})
