import { createHash, randomBytes } from 'node:crypto'
import type { Promised } from '../../aggregator/effects.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { loadEcdsa } from '../../node/keys/native.ts'
import { Promises } from '../../node/keys/promises.ts'
import { Secret } from '../../node/keys/secret.ts'
import { Signer } from '../../node/keys/signer.ts'

export const ecdsa = loadEcdsa({ fallback: 'allow' })
export const dealt = dealForDevelopment({ members: 4, threshold: 3 }, randomBytes)

export const identityOf = (index: number) =>
  Uint8Array.from(createHash('sha256').update(`signer test ${index}`).digest())

interface Settings {
  readonly index: number
  readonly directory: string
  /** Whose share it is given; its own unless a test wants it wrong. */
  readonly shareOf?: number
  /** Whose identity key it is given. */
  readonly identityIndex?: number
}

/** A signer with a real promises file. */
export async function makeSigner(settings: Settings) {
  const { index, directory } = settings
  const share = dealt.shares[settings.shareOf ?? index]
  if (share === undefined) throw new Error(`no share ${index}`)
  const promises = await Promises.open({ directory })
  const options = {
    index,
    groupKey: dealt.groupKey,
    identityPublicKey: ecdsa.publicKeyOf(identityOf(index)),
  }
  try {
    const signer = new Signer(options, {
      identity: Secret.of(identityOf(settings.identityIndex ?? index)),
      share: Secret.of(share.secret),
      promises,
      ecdsa,
    })
    return { signer }
  } catch (error) {
    await promises.close()
    throw error
  }
}

export const digest = (fill: number) => new Uint8Array(32).fill(fill)

export const promised = (round: number, kind: Promised['kind'], fill: number): Promised => ({
  round,
  kind,
  digest: digest(fill),
})
