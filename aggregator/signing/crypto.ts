import type { ThresholdScheme } from './threshold.ts'

/** Cryptography the core asks for; synchronous. The host chooses the implementation. */
export interface Crypto {
  readonly keccak256: (bytes: Uint8Array) => Uint8Array
  /**
   * Checks a 64-byte low-s ECDSA signature over a digest against a compressed public key.
   * Returns false, never throws, on any malformed input; high-s is refused.
   */
  readonly verifyMessage: (
    signature: Uint8Array,
    digest: Uint8Array,
    publicKey: Uint8Array,
  ) => boolean
  readonly threshold: ThresholdScheme
}
