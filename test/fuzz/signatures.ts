import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import { idealHash } from '../../simulations/world/ideal-hash.ts'

/**
 * Stand-ins for hash and signatures: the sizes and verdicts of the real ones at a thousandth of the
 * cost. Anybody who knows a public key can sign, so that a fuzzer gets behind every signature
 * check; whether the real checks hold is judged by other tests (test/property/validate.test.ts).
 */
export const openCrypto: Crypto = {
  keccak256: idealHash,
  verifyMessage: (signature, digest, publicKey) =>
    equalBytes(signature, openSignature(publicKey, digest)),
  threshold: {
    ...frostScheme,
    verify: (publicKey, message, signature) =>
      equalBytes(signature, openGroupSignature(publicKey, message)),
  },
}

/** The one signature of 64 bytes that `openCrypto` accepts. */
export function openSignature(publicKey: Uint8Array, digest: Uint8Array): Uint8Array {
  const first = idealHash(concat(publicKey, digest))
  return concat(first, idealHash(first))
}

/** The one threshold signature of 65 bytes that `openCrypto` accepts. */
export function openGroupSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return concat(new Uint8Array([2]), openSignature(publicKey, message))
}
