import { secp256k1 } from '@noble/curves/secp256k1.js'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type {
  CombineOutcome,
  GroupKey,
  NonceCommitment,
  NonceSecret,
  SigningSession,
  SigningShare,
  ThresholdScheme,
} from '../../aggregator/signing/threshold.ts'
import { bigintBytes, bigintFrom, concat, equalBytes } from '../../aggregator/values/bytes.ts'
import {
  listMembers,
  type MemberIndex,
  type Members,
  NO_MEMBERS,
  withMember,
} from '../../aggregator/values/ids.ts'
import { bindingHash, challengeHash, listHash, messageHash, nonceHash } from './frost-hashes.ts'

/**
 * What FROST uses of `secp256k1/bindings.js`. All of it throws on points off the curve, on scalars
 * that are zero or not below the order, and where a result would be zero.
 */
export interface PointBinding {
  readonly publicKeyVerify: (point: Uint8Array) => boolean
  readonly publicKeyCreate: (scalar: Uint8Array, isCompressed: boolean) => Uint8Array
  readonly publicKeyCombine: (points: readonly Uint8Array[]) => Uint8Array
  readonly publicKeyTweakMul: (point: Uint8Array, scalar: Uint8Array) => Uint8Array
  /** In place, in constant time. */
  readonly privateKeyTweakAdd: (scalar: Uint8Array, summand: Uint8Array) => Uint8Array
  /** In place, in constant time. */
  readonly privateKeyTweakMul: (scalar: Uint8Array, factor: Uint8Array) => Uint8Array
}

const { Fn } = secp256k1.Point
const scalarBytes = (scalar: bigint) => bigintBytes(scalar, 32)

/** What every signer and the combiner compute alike; all of it is public. */
interface Prepared {
  /** Binding factors by position in the signing set. */
  readonly factors: readonly Uint8Array[]
  readonly groupCommitment: Uint8Array
  readonly challenge: Uint8Array
}

type Preparing = (groupKey: GroupKey, session: SigningSession) => Prepared

/**
 * FROST(secp256k1, SHA-256) of RFC 9591 on libsecp256k1: the same bytes as the scheme of
 * @noble/curves that the core brings, sooner, and with secret scalars only in functions of constant
 * time. What has no answer here, such as a session with points off the curve, is left to that
 * scheme.
 */
export function nativeFrost(binding: PointBinding): ThresholdScheme {
  // Who signs in a session combines it as well.
  const known = new WeakMap<SigningSession, { groupKey: GroupKey; prepared: Prepared }>()
  const preparedOf: Preparing = (groupKey, session) => {
    const before = known.get(session)
    if (before?.groupKey === groupKey) return before.prepared
    const prepared = prepare(binding, groupKey, session)
    known.set(session, { groupKey, prepared })
    return prepared
  }
  return {
    name: frostScheme.name,
    commit: (share, chance) => commit(binding, share, chance),
    isCommitment: (commitment) => isCommitment(binding, commitment),
    sign: (groupKey, share, nonce, session) =>
      sign(binding, groupKey, { share, nonce, session, preparedOf }),
    combine: (groupKey, session, shares) =>
      combine(binding, groupKey, { session, shares, preparedOf }) ??
      frostScheme.combine(groupKey, session, shares),
    verify: (publicKey, message, signature) => verify(binding, publicKey, { message, signature }),
  }
}

function commit(binding: PointBinding, share: SigningShare, chance: Uint8Array) {
  if (chance.length !== 64) throw new RangeError('a nonce pair takes 64 unpredictable bytes')
  const nonceOf = (random: Uint8Array) => {
    const input = concat(random, share.secret)
    const nonce = nonceHash(input)
    input.fill(0)
    return nonce
  }
  const secret = { hiding: nonceOf(chance.subarray(0, 32)), binding: nonceOf(chance.subarray(32)) }
  return { secret, commitment: commitmentTo(binding, secret) }
}

function commitmentTo(binding: PointBinding, nonce: NonceSecret): NonceCommitment {
  return {
    hiding: binding.publicKeyCreate(nonce.hiding, true),
    binding: binding.publicKeyCreate(nonce.binding, true),
  }
}

function isCommitment(binding: PointBinding, commitment: NonceCommitment): boolean {
  // The compressed encoding has no form for zero, so what parses is a point other than zero.
  const isPoint = (point: Uint8Array) => point.length === 33 && binding.publicKeyVerify(point)
  return isPoint(commitment.hiding) && isPoint(commitment.binding)
}

interface Signing {
  readonly share: SigningShare
  readonly nonce: NonceSecret
  readonly session: SigningSession
  readonly preparedOf: Preparing
}

/** RFC 9591, §5.2; the nonce is zeroed with the share. */
function sign(binding: PointBinding, groupKey: GroupKey, signing: Signing): Uint8Array {
  const { share, nonce, session, preparedOf } = signing
  const members = listMembers(session.signingSet)
  const position = members.indexOf(share.index)
  const commitment = session.commitments[position]
  if (
    commitment === undefined ||
    !session.commitments.every((each) => isCommitment(binding, each))
  ) {
    throw new RangeError('a session has the signer in it, and points alone')
  }
  const own = commitmentTo(binding, nonce)
  if (!equalBytes(concat(own.hiding, own.binding), concat(commitment.hiding, commitment.binding))) {
    throw new RangeError('the commitment of the session is not that of the nonce')
  }
  const { factors, challenge } = preparedOf(groupKey, session)
  // z = hiding + factor · binding + λ · challenge · secret
  const weight = Fn.mul(lagrange(members, position), bigintFrom(challenge))
  const weighted = binding.privateKeyTweakMul(Uint8Array.from(share.secret), scalarBytes(weight))
  const made = binding.privateKeyTweakMul(Uint8Array.from(nonce.binding), at(factors, position))
  binding.privateKeyTweakAdd(made, nonce.hiding)
  binding.privateKeyTweakAdd(made, weighted)
  for (const secret of [weighted, nonce.hiding, nonce.binding]) secret.fill(0)
  return made
}

interface Combining {
  readonly session: SigningSession
  readonly shares: readonly Uint8Array[]
  readonly preparedOf: Preparing
}

/** RFC 9591, §5.3 and 5.4; null when this is no session in which shares could be sound. */
function combine(
  binding: PointBinding,
  groupKey: GroupKey,
  combining: Combining,
): CombineOutcome | null {
  const { session, shares, preparedOf } = combining
  if (shares.length !== session.commitments.length) return null
  try {
    const prepared = preparedOf(groupKey, session)
    const { groupCommitment: commitment, challenge } = prepared
    const response = sumOf(shares)
    const proof = response === null ? null : { commitment, challenge, response }
    if (proof !== null && isSound(binding, groupKey.publicKey, proof)) {
      return { type: 'combined', signature: concat(commitment, proof.response) }
    }
    const culprits = culpritsOf(binding, groupKey, { ...combining, prepared })
    return culprits === NO_MEMBERS ? null : { type: 'refused', culprits }
  } catch {
    // A point off the curve, or a sum of points that is zero.
    return null
  }
}

/** Null when one of them is no scalar. */
function sumOf(shares: readonly Uint8Array[]): Uint8Array | null {
  try {
    const scalars = shares.map((share) => Fn.fromBytes(share))
    return scalarBytes(scalars.reduce((total, scalar) => Fn.add(total, scalar), Fn.ZERO))
  } catch {
    return null
  }
}

function culpritsOf(
  binding: PointBinding,
  groupKey: GroupKey,
  { session, shares, prepared }: Combining & { readonly prepared: Prepared },
): Members {
  const members = listMembers(session.signingSet)
  // share · G = hiding + factor · binding + λ · challenge · verifying share
  const isShareSound = (index: MemberIndex, position: number): boolean => {
    const { hiding, binding: bound } = at(session.commitments, position)
    const weight = Fn.mul(lagrange(members, position), bigintFrom(prepared.challenge))
    try {
      const expected = binding.publicKeyCombine([
        hiding,
        binding.publicKeyTweakMul(bound, at(prepared.factors, position)),
        binding.publicKeyTweakMul(at(groupKey.verifyingShares, index), scalarBytes(weight)),
      ])
      return equalBytes(binding.publicKeyCreate(at(shares, position), true), expected)
    } catch {
      // No scalar, or zero.
      return false
    }
  }
  return members.reduce(
    (culprits, index, position) =>
      isShareSound(index, position) ? culprits : withMember(culprits, index),
    NO_MEMBERS,
  )
}

function verify(
  binding: PointBinding,
  publicKey: Uint8Array,
  { message, signature }: { readonly message: Uint8Array; readonly signature: Uint8Array },
): boolean {
  if (signature.length !== 65 || publicKey.length !== 33) return false
  const [commitment, response] = [signature.subarray(0, 33), signature.subarray(33)]
  try {
    const challenge = challengeHash(concat(commitment, publicKey, message))
    return isSound(binding, publicKey, { commitment, challenge, response })
  } catch {
    return false
  }
}

/** RFC 9591, §4.3 to 4.6. */
function prepare(binding: PointBinding, groupKey: GroupKey, session: SigningSession): Prepared {
  const { publicKey } = groupKey
  const { commitments, message } = session
  const identifiers = listMembers(session.signingSet).map((index) => scalarBytes(BigInt(index + 1)))
  const list = commitments.flatMap((each, position) => [
    at(identifiers, position),
    each.hiding,
    each.binding,
  ])
  const prefix = concat(publicKey, messageHash(message), listHash(concat(...list)))
  const factors = identifiers.map((identifier) => bindingHash(concat(prefix, identifier)))
  const groupCommitment = binding.publicKeyCombine(
    commitments.flatMap((each, position) => [
      each.hiding,
      binding.publicKeyTweakMul(each.binding, at(factors, position)),
    ]),
  )
  const challenge = challengeHash(concat(groupCommitment, publicKey, message))
  return { factors, groupCommitment, challenge }
}

/** response · G = commitment + challenge · publicKey */
function isSound(
  binding: PointBinding,
  publicKey: Uint8Array,
  proof: {
    readonly commitment: Uint8Array
    readonly challenge: Uint8Array
    readonly response: Uint8Array
  },
): boolean {
  const challenged = binding.publicKeyTweakMul(publicKey, proof.challenge)
  const expected = binding.publicKeyCombine([proof.commitment, challenged])
  return equalBytes(binding.publicKeyCreate(proof.response, true), expected)
}

/** What weighs a member's share at zero among those of the set: RFC 9591, §4.2. */
function lagrange(members: readonly MemberIndex[], position: number): bigint {
  const own = members[position] ?? 0
  let [numerator, denominator] = [1n, 1n]
  for (const other of members) {
    if (other === own) continue
    numerator = Fn.mul(numerator, BigInt(other + 1))
    denominator = Fn.mul(denominator, Fn.create(BigInt(other - own)))
  }
  return Fn.div(numerator, denominator)
}

function at<T>(list: readonly T[], position: number): T {
  const found = list[position]
  if (found === undefined) throw new RangeError('a session has one commitment for each signer')
  return found
}
