import { secp256k1, secp256k1_hasher } from '@noble/curves/secp256k1.js'
import type { GroupKey } from '../signing/threshold.ts'
import { ascii, concat, equalBytes } from '../values/bytes.ts'
import type { MemberIndex } from '../values/ids.ts'

const { Point } = secp256k1
const { Fn } = Point
type CurvePoint = typeof Point.BASE

/** Domain of the proof's challenge in the ciphersuite FROST(secp256k1, SHA-256). */
const PROOF_DOMAIN = ascii('FROST-secp256k1-SHA256-v1dkg')

export const POINT_BYTES = 33
export const SCALAR_BYTES = 32
/** Commitment R, then response z. */
export const PROOF_BYTES = POINT_BYTES + SCALAR_BYTES

function pointOf(bytes: Uint8Array): CurvePoint | null {
  try {
    // The compressed form has no encoding of zero, so what parses is a point other than zero.
    return bytes.length === POINT_BYTES ? Point.fromBytes(bytes) : null
  } catch {
    return null
  }
}

function pointsOf(commitment: readonly Uint8Array[]): readonly CurvePoint[] | null {
  const points: CurvePoint[] = []
  for (const bytes of commitment) {
    const point = pointOf(bytes)
    if (point === null) return null
    points.push(point)
  }
  return points
}

/** A scalar below the order; null for zero, which no honest member ever sends. */
function scalarOf(bytes: Uint8Array): bigint | null {
  try {
    const scalar = Fn.fromBytes(bytes)
    return Fn.is0(scalar) ? null : scalar
  } catch {
    return null
  }
}

/** The committed polynomial at a member's identifier, in the exponent (Horner's rule). */
function evaluate(points: readonly CurvePoint[], index: MemberIndex): CurvePoint {
  const x = BigInt(index + 1)
  let value = Point.ZERO
  for (const point of points.toReversed()) value = value.multiplyUnsafe(x).add(point)
  return value
}

/**
 * Whether a member's commitments are points and its proof shows that it knows the constant term:
 * without it a member could choose its commitment to cancel the others' (a rogue key).
 * The proof is that of the FROST paper as @noble/curves makes it; the attempt is bound to it by the
 * member's signature over the package, not by the proof itself.
 */
export function isPackageSound(
  index: MemberIndex,
  { commitment, proof }: { readonly commitment: readonly Uint8Array[]; readonly proof: Uint8Array },
): boolean {
  const points = pointsOf(commitment)
  const [constant] = points ?? []
  const nonce = pointOf(proof.subarray(0, POINT_BYTES))
  const response = scalarOf(proof.subarray(POINT_BYTES))
  const [constantBytes] = commitment
  if (constant === undefined || constantBytes === undefined) return false
  if (nonce === null || response === null || proof.length !== PROOF_BYTES) return false
  const challenge = secp256k1_hasher.hashToScalar(
    concat(Fn.toBytes(BigInt(index + 1)), constantBytes, proof.subarray(0, POINT_BYTES)),
    { DST: PROOF_DOMAIN },
  )
  const expected = nonce.add(constant.multiplyUnsafe(challenge))
  return Point.BASE.multiplyUnsafe(response).equals(expected)
}

/** Whether a share is the value at the recipient's identifier of the committed polynomial. */
export function isShareSound(
  commitment: readonly Uint8Array[],
  recipient: MemberIndex,
  share: Uint8Array,
): boolean {
  const points = pointsOf(commitment)
  const scalar = scalarOf(share)
  if (points === null || scalar === null) return false
  // Not the variable-time product: to its recipient a good share is a secret.
  return Point.BASE.multiply(scalar).equals(evaluate(points, recipient))
}

/** Whether a signing share belongs to the verifying share that everybody knows. */
export function isShareOf(verifyingShare: Uint8Array, share: Uint8Array): boolean {
  const scalar = scalarOf(share)
  return scalar !== null && equalBytes(Point.BASE.multiply(scalar).toBytes(), verifyingShare)
}

/**
 * The group key that follows from all commitments, by member index. Null when it or a verifying
 * share would be the point zero, which chance never makes.
 */
export function groupKeyOf(
  commitments: readonly (readonly Uint8Array[])[],
  threshold: number,
): GroupKey | null {
  const sums = new Array<CurvePoint>(threshold).fill(Point.ZERO)
  for (const commitment of commitments) {
    const points = pointsOf(commitment)
    if (points === null || points.length !== threshold) return null
    points.forEach((point, power) => {
      sums[power] = (sums[power] ?? Point.ZERO).add(point)
    })
  }
  const [constant = Point.ZERO] = sums
  const values = commitments.map((_, index) => evaluate(sums, index))
  if ([constant, ...values].some((point) => point.is0())) return null
  return {
    publicKey: constant.toBytes(),
    verifyingShares: values.map((point) => point.toBytes()),
    threshold,
  }
}
