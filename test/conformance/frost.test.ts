import { readFileSync } from 'node:fs'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { concat, fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { thresholdOf } from '../../node/keys/native.ts'

interface PublishedSigner {
  readonly identifier: number
  readonly hidingRandomness: string
  readonly bindingRandomness: string
  readonly hidingNonce: string
  readonly bindingNonce: string
  readonly hidingCommitment: string
  readonly bindingCommitment: string
  readonly signatureShare: string
}

interface Published {
  readonly groupPublicKey: string
  readonly message: string
  readonly shares: readonly string[]
  readonly signers: readonly PublishedSigner[]
  readonly signature: string
}

const published: Published = JSON.parse(
  readFileSync(new URL('../vectors/rfc9591.json', import.meta.url), 'utf8'),
)
const message = fromHex(published.message)
const publicKey = fromHex(published.groupPublicKey)

describe.each([
  ['of @noble/curves', frostScheme],
  ['on libsecp256k1', thresholdOf('native')],
])('FROST %s', (_name, scheme) => {
  test('nonces and commitments are those of RFC 9591, Appendix E.5', () => {
    for (const signer of published.signers) {
      const share = {
        index: signer.identifier - 1,
        secret: fromHex(published.shares[signer.identifier - 1] ?? ''),
      }
      const chance = fromHex(signer.hidingRandomness + signer.bindingRandomness)
      const { secret, commitment } = scheme.commit(share, chance)
      expect(toHex(concat(secret.hiding, secret.binding))).toBe(
        signer.hidingNonce + signer.bindingNonce,
      )
      expect(toHex(concat(commitment.hiding, commitment.binding))).toBe(
        signer.hidingCommitment + signer.bindingCommitment,
      )
    }
  })

  test('signature shares are those of RFC 9591, Appendix E.5', () => {
    const session = {
      message,
      signingSet: 0b101,
      commitments: published.signers.map((signer) => ({
        hiding: fromHex(signer.hidingCommitment),
        binding: fromHex(signer.bindingCommitment),
      })),
    }
    const verifyingShares = published.shares.map((share) =>
      secp256k1.Point.BASE.multiply(BigInt(`0x${share}`)).toBytes(),
    )
    const groupKey = { publicKey, verifyingShares, threshold: 2 }
    const shares = published.signers.map((signer) =>
      scheme.sign(
        groupKey,
        {
          index: signer.identifier - 1,
          secret: fromHex(published.shares[signer.identifier - 1] ?? ''),
        },
        { hiding: fromHex(signer.hidingNonce), binding: fromHex(signer.bindingNonce) },
        session,
      ),
    )
    expect(shares.map(toHex)).toEqual(published.signers.map((signer) => signer.signatureShare))
  })

  test('the published signature verifies, and no other', () => {
    const signature = fromHex(published.signature)
    expect(scheme.verify(publicKey, message, signature)).toBe(true)
    expect(scheme.verify(publicKey, fromHex('74657375'), signature)).toBe(false)
  })
})
