import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Crypto } from './crypto.ts'
import { frostScheme } from './frost.ts'

/**
 * Real cryptography from @noble: what faster implementations are judged by, and simulations use.
 */
export const referenceCrypto: Crypto = {
  keccak256: (bytes) => keccak_256(bytes),
  verifyMessage: (signature, digest, publicKey) => {
    try {
      return secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true })
    } catch {
      return false
    }
  },
  threshold: frostScheme,
}

/** Compressed public key of a secret identity key of 32 bytes. */
export function identityKeyOf(secret: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(secret, true)
}

/** Low-s ECDSA signature of 64 bytes over a digest; deterministic (RFC 6979). */
export function signIdentity(secret: Uint8Array, digest: Uint8Array): Uint8Array {
  return secp256k1.sign(digest, secret, { prehash: false, lowS: true })
}
