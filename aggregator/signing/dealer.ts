import { secp256k1_FROST as frost } from '@noble/curves/secp256k1.js'
import { identifierOf } from './frost.ts'
import type { GroupKey, SigningShare } from './threshold.ts'

/**
 * Development only: one party makes all shares and knows the whole key. A real committee runs the
 * distributed key generation of protocol §11.1, in which nobody ever does.
 *
 * @param random gives the asked number of unpredictable bytes
 */
export function dealForDevelopment(
  size: { readonly members: number; readonly threshold: number },
  random: (length: number) => Uint8Array,
): { readonly groupKey: GroupKey; readonly shares: readonly SigningShare[] } {
  const identifiers = Array.from({ length: size.members }, (_, index) => identifierOf(index))
  const signers = { min: size.threshold, max: size.members }
  const dealt = frost.trustedDealer(signers, identifiers, undefined, (length = 32) =>
    random(length),
  )
  return {
    groupKey: {
      publicKey: dealt.public.commitments[0] as Uint8Array,
      verifyingShares: identifiers.map((id) => dealt.public.verifyingShares[id] as Uint8Array),
      threshold: size.threshold,
    },
    shares: identifiers.map((id, index) => ({
      index,
      secret: dealt.secretShares[id]?.signingShare as Uint8Array,
    })),
  }
}
