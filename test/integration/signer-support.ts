import { contextOf } from '../../aggregator/context.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import { Promises } from '../../node/keys/promises.ts'
import { Secret } from '../../node/keys/secret.ts'
import { Signer } from '../../node/keys/signer.ts'
import { testCommittee } from '../support/committee.ts'

export const ecdsa = loadEcdsa({ fallback: 'allow' })
const { committee, identityKeys, shares } = testCommittee()
export const context = contextOf(cryptoOf(ecdsa), committee)

export const identityOf = (index: number) => {
  const key = identityKeys[index]
  if (key === undefined) throw new Error(`no member ${index}`)
  return key
}

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
  const share = shares[settings.shareOf ?? index]
  if (share === undefined) throw new Error(`no share ${index}`)
  const promises = await Promises.open({ directory })
  try {
    const signer = new Signer(
      { context, index },
      {
        identity: Secret.of(identityOf(settings.identityIndex ?? index)),
        share: Secret.of(share.secret),
        promises,
        ecdsa,
      },
    )
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
