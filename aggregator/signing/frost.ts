import { secp256k1_FROST as frost, secp256k1 } from '@noble/curves/secp256k1.js'
import type { MemberIndex } from '../values/ids.ts'
import { listMembers, NO_MEMBERS, withMember } from '../values/ids.ts'
import type {
  CombineOutcome,
  GroupKey,
  NonceCommitment,
  SigningSession,
  ThresholdScheme,
} from './threshold.ts'

/** FROST identifier of a member: its index plus one (protocol §2.2). */
export function identifierOf(index: MemberIndex): string {
  return frost.Identifier.fromNumber(index + 1)
}

function publicPackage(groupKey: GroupKey) {
  const verifyingShares: Record<string, Uint8Array> = {}
  groupKey.verifyingShares.forEach((share, index) => {
    verifyingShares[identifierOf(index)] = share
  })
  return {
    signers: { min: groupKey.threshold, max: groupKey.verifyingShares.length },
    // Signing and combining read only the constant term of the sharing polynomial: the group key.
    commitments: [groupKey.publicKey],
    verifyingShares,
  }
}

function commitmentList(session: SigningSession) {
  return listMembers(session.signingSet).map((index, position) => {
    const commitment = session.commitments[position]
    if (commitment === undefined) throw new RangeError('a commitment is missing for a signer')
    return {
      identifier: identifierOf(index),
      hiding: commitment.hiding,
      binding: commitment.binding,
    }
  })
}

function isPoint(bytes: Uint8Array): boolean {
  try {
    // The encoding has no form for zero, so what parses is a point other than zero.
    secp256k1.Point.fromBytes(bytes)
    return bytes.length === 33
  } catch {
    return false
  }
}

function combine(
  groupKey: GroupKey,
  session: SigningSession,
  shares: readonly Uint8Array[],
): CombineOutcome {
  const pub = publicPackage(groupKey)
  const list = commitmentList(session)
  const byIdentifier: Record<string, Uint8Array> = {}
  list.forEach((entry, position) => {
    byIdentifier[entry.identifier] = shares[position] ?? new Uint8Array(32)
  })
  try {
    // Checks the combined signature once; individual shares only when that fails (protocol §6.8).
    return {
      type: 'combined',
      signature: frost.aggregate(pub, list, session.message, byIdentifier),
    }
  } catch {
    return { type: 'refused', culprits: culpritsOf(pub, session, shares) }
  }
}

function culpritsOf(
  pub: ReturnType<typeof publicPackage>,
  session: SigningSession,
  shares: readonly Uint8Array[],
) {
  const list = commitmentList(session)
  const isValid = (index: MemberIndex, share: Uint8Array): boolean => {
    try {
      return frost.verifyShare(pub, list, session.message, identifierOf(index), share)
    } catch {
      return false
    }
  }
  let culprits = NO_MEMBERS
  for (const [position, index] of listMembers(session.signingSet).entries()) {
    const share = shares[position]
    if (share === undefined || !isValid(index, share)) culprits = withMember(culprits, index)
  }
  return culprits
}

/** FROST(secp256k1, SHA-256) of RFC 9591, from @noble/curves. */
export const frostScheme: ThresholdScheme = {
  name: 'frost-secp256k1-sha256',

  commit(share, chance) {
    if (chance.length !== 64) throw new RangeError('a nonce pair takes 64 unpredictable bytes')
    let taken = 0
    const draw = (length = 32) => {
      taken += length
      return chance.slice(taken - length, taken)
    }
    const secret = { identifier: identifierOf(share.index), signingShare: share.secret }
    const { nonces, commitments } = frost.commit(secret, draw)
    return {
      secret: { hiding: nonces.hiding, binding: nonces.binding },
      commitment: { hiding: commitments.hiding, binding: commitments.binding },
    }
  },

  isCommitment: (commitment: NonceCommitment) =>
    isPoint(commitment.hiding) && isPoint(commitment.binding),

  sign(groupKey, share, nonce, session) {
    const secret = { identifier: identifierOf(share.index), signingShare: share.secret }
    // The library zeroes the nonce it is given after use: the caller's copy dies with the share.
    return frost.signShare(
      secret,
      publicPackage(groupKey),
      { hiding: nonce.hiding, binding: nonce.binding },
      commitmentList(session),
      session.message,
    )
  },

  combine,

  verify(publicKey, message, signature) {
    try {
      return signature.length === 65 && frost.verify(signature, message, publicKey)
    } catch {
      return false
    }
  },
}
