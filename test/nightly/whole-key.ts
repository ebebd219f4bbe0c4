import { hash_to_field } from '@noble/curves/abstract/hash-to-curve.js'
import { mod } from '@noble/curves/abstract/modular.js'
import { secp256k1_FROST as frost } from '@noble/curves/secp256k1.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { faultyMax, signingThresholdOf } from '../../aggregator/committee/quorum.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { identifierOf } from '../../aggregator/signing/frost.ts'
import { bigintBytes, bigintFrom, concat } from '../../aggregator/values/bytes.ts'
import { membersOf } from '../../aggregator/values/ids.ts'
import {
  boxOf,
  type CommitteeBox,
  DEFAULT_CLOCK,
  seededBytes,
} from '../../contracts/testing/committee-box.ts'
import { loadEcdsa } from '../../node/keys/native.ts'
import { CURVE_ORDER } from '../support/contracts/curve.ts'

/** H2 of FROST(secp256k1, SHA-256), RFC 9591 §6.5. */
const CHALLENGE = {
  DST: 'FROST-secp256k1-SHA256-v1chal',
  expand: 'xmd',
  hash: sha256,
  p: CURVE_ORDER,
  m: 1,
  k: 128,
} as const

/**
 * A committee whose key is put together from the shares, so that one party signs alone: the same
 * signatures (RFC 9591 §3: z = k + c·s, c over R ‖ P ‖ message) for a fiftieth of the time that the
 * members together take. The same seed makes the same keys, and those the same signatures.
 */
export function committeeWithWholeKey(seed: string): CommitteeBox {
  const members = 4
  const threshold = signingThresholdOf(members, faultyMax(members))
  const random = seededBytes(seed)
  const { groupKey, shares } = dealForDevelopment({ members, threshold }, random)
  const signers = shares.slice(0, threshold)
  const secret = frost.combineSecret(
    signers.map(({ index, secret: signingShare }) => ({
      identifier: identifierOf(index),
      signingShare,
    })),
    { min: threshold, max: members },
  )
  const ecdsa = loadEcdsa({ fallback: 'allow' })
  const sign = (message: Uint8Array) => {
    const nonce = mod(bigintFrom(sha512(concat(secret, message))), CURVE_ORDER)
    const commitment = ecdsa.publicKeyOf(bigintBytes(nonce, 32))
    const challenged = concat(commitment, groupKey.publicKey, message)
    const [[challenge]] = hash_to_field(challenged, 1, CHALLENGE) as [[bigint]]
    const response = mod(nonce + challenge * bigintFrom(secret), CURVE_ORDER)
    return concat(commitment, bigintBytes(response, 32))
  }
  const signingSet = membersOf(signers.map(({ index }) => index))
  return boxOf({ groupKey, clock: DEFAULT_CLOCK, members, signingSet, sign })
}
