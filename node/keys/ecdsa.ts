import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { OracleError } from '../errors.ts'

/** The three functions of ECDSA over secp256k1 that a node needs, native or not. */
export interface Ecdsa {
  readonly implementation: 'native' | 'javascript'
  /** See `Crypto.verifyMessage`. */
  readonly verify: Crypto['verifyMessage']
  /**
   * Signs a digest of 32 bytes: 64 bytes, low-s, nonce by RFC 6979.
   *
   * @throws {OracleError} `PRIVATE_KEY_INVALID`
   */
  readonly sign: (digest: Uint8Array, privateKey: Uint8Array) => Uint8Array
  /** Compressed public key. @throws {OracleError} `PRIVATE_KEY_INVALID` */
  readonly publicKeyOf: (privateKey: Uint8Array) => Uint8Array
}

/** Lengths and the key's form, so that both implementations see the same inputs. */
export function isWellFormed(
  signature: Uint8Array,
  digest: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  const isCompressed = publicKey.length === 33 && (publicKey[0] === 2 || publicKey[0] === 3)
  return isCompressed && signature.length === 64 && digest.length === 32
}

export function privateKeyInvalid(): OracleError {
  // Without a cause: it might carry the key.
  return new OracleError(
    'PRIVATE_KEY_INVALID',
    'a private key must have 32 bytes, be above zero and below the order of secp256k1',
  )
}

/** The checked reference: @noble/curves. */
export const javascriptEcdsa: Ecdsa = {
  implementation: 'javascript',
  verify(signature, digest, publicKey) {
    if (!isWellFormed(signature, digest, publicKey)) return false
    try {
      return secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true })
    } catch {
      return false
    }
  },
  sign(digest, privateKey) {
    try {
      return secp256k1.sign(digest, privateKey, { prehash: false, lowS: true })
    } catch {
      throw privateKeyInvalid()
    }
  },
  publicKeyOf(privateKey) {
    try {
      return secp256k1.getPublicKey(privateKey, true)
    } catch {
      throw privateKeyInvalid()
    }
  },
}

/** Cryptography without native code: slower, and the same in every runtime. */
export const javascriptCrypto: Crypto = {
  keccak256: (bytes) => keccak_256(bytes),
  verifyMessage: javascriptEcdsa.verify,
  threshold: frostScheme,
}
