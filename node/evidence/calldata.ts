import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex, encodeFunctionData, encodePacked, type Hex, keccak256 } from 'viem'
import type { Params } from '../../aggregator/committee/params.ts'
import { encodeParams } from '../../aggregator/committee/params-codec.ts'
import { evidenceRegistryAbi } from '../../contracts/abi/evidence-registry.ts'
import { memberBondsAbi } from '../../contracts/abi/member-bonds.ts'
import type { Ecdsa } from '../keys/ecdsa.ts'
import type { Secret } from '../keys/secret.ts'

/** Calldata that makes a committee known to an evidence registry; anybody may send it, once. */
export function registrationCalldata(params: Params): Hex {
  const ordinates = params.members.map(({ identityKey }) => {
    return secp256k1.Point.fromBytes(identityKey).toAffine().y
  })
  return encodeFunctionData({
    abi: evidenceRegistryAbi,
    functionName: 'registerCommittee',
    args: [bytesToHex(encodeParams(params)), ordinates],
  })
}

/** Calldata that convicts the sender of two messages in their wire form (protocol §9.1). */
export function convictionCalldata(
  params: Params,
  messages: readonly [Uint8Array, Uint8Array],
): Hex {
  const [first, second] = messages
  return encodeFunctionData({
    abi: evidenceRegistryAbi,
    functionName: 'convict',
    args: [bytesToHex(encodeParams(params)), bytesToHex(first), bytesToHex(second)],
  })
}

/** Whose hands a stake is put into, and where; the parts are what the contract hashes. */
export interface Enrolment {
  readonly chainId: bigint
  readonly bonds: Hex
  readonly operator: Hex
  readonly payee: Hex
}

/** Calldata with which the operator enrolls an identity key that it was authorized by. */
export function enrolmentCalldata(ecdsa: Ecdsa, key: Secret, enrolment: Enrolment): Hex {
  const { chainId, bonds, operator, payee } = enrolment
  const digest = keccak256(
    encodePacked(
      ['string', 'uint256', 'address', 'address'],
      ['parallax.bond.1', chainId, bonds, operator],
    ),
    'bytes',
  )
  const { signature, publicKey } = key.use((bytes) => ({
    signature: ecdsa.sign(digest, bytes),
    publicKey: ecdsa.publicKeyOf(bytes),
  }))
  return encodeFunctionData({
    abi: memberBondsAbi,
    functionName: 'enroll',
    args: [
      addressOfKey(publicKey),
      payee,
      bytesToHex(signature.subarray(0, 32)),
      bytesToHex(signature.subarray(32)),
    ],
  })
}

/** Address of a compressed identity key, by which contracts know the member (§2.1). */
export function addressOfKey(identityKey: Uint8Array): Hex {
  const point = secp256k1.Point.fromBytes(identityKey).toBytes(false)
  return `0x${keccak256(point.subarray(1)).slice(26)}`
}
