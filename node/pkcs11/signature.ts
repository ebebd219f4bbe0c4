import { secp256k1 } from '@noble/curves/secp256k1.js'

const { Signature, Point } = secp256k1
const PARITIES = [0, 1] as const

/** A key that a signature can be of. */
export interface Signatory {
  /** What tells it from the other one. */
  readonly yParity: 0 | 1
  /** Compressed. */
  readonly publicKey: Uint8Array
}

/**
 * A signature with its low s, which chains and members ask for and tokens do not: n − s is as good.
 *
 * @param signature r and s, 64 bytes
 * @returns null when r or s is out of range
 */
export function withLowS(signature: Uint8Array): Uint8Array | null {
  try {
    const { r, s } = Signature.fromBytes(signature)
    return new Signature(r, Point.Fn.create(s > Point.Fn.neg(s) ? -s : s)).toBytes()
  } catch {
    return null
  }
}

/**
 * The keys, two at most, that a signature of 64 bytes over a digest can be of: a token does not
 * say which.
 */
export function signatoriesOf(signature: Uint8Array, digest: Uint8Array): readonly Signatory[] {
  return PARITIES.flatMap((yParity) => {
    try {
      const point = Signature.fromBytes(signature).addRecoveryBit(yParity).recoverPublicKey(digest)
      return [{ yParity, publicKey: point.toBytes(true) }]
    } catch {
      // No point has this r: nobody can have signed so.
      return []
    }
  })
}
