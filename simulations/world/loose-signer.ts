import type { NonceCommitment, NonceSecret } from '../../aggregator/signing/threshold.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { RecentMap } from '../../aggregator/values/recent-map.ts'
import type { Signer, SignerOptions, SignRequest } from './signer.ts'

/** Rounds whose nonces are kept. */
const ROUNDS_KEPT = 64

/** The signer of a member under control: it refuses nothing and answers as often as it is asked. */
export function createLooseSigner({ keys, member, chance }: SignerOptions): Signer {
  const share = keys.shares[member]
  if (share === undefined) throw new RangeError('a signer is of a member')
  const { threshold } = keys.crypto
  const nonces = new RecentMap<Round, readonly NonceSecret[]>()

  return {
    commitments: (round) => {
      const pairs = [0, 1, 2].map(() => threshold.commit(share, chance.bytes(64)))
      nonces.set(
        round,
        pairs.map((pair) => pair.secret),
      )
      nonces.delete(round - ROUNDS_KEPT)
      const [first, second, third] = pairs.map((pair) => pair.commitment)
      return [first, second, third] as [NonceCommitment, NonceCommitment, NonceCommitment]
    },
    sign: ({ round, slot, session }: SignRequest) => {
      const nonce = nonces.get(round)?.[slot]
      if (nonce === undefined) return null
      // A scheme erases the nonce that it uses; this member keeps its own copy.
      const copy = { hiding: nonce.hiding.slice(), binding: nonce.binding.slice() }
      try {
        return threshold.sign(keys.committee.groupKey, share, copy, session)
      } catch {
        return null
      }
    },
    erase: () => undefined,
  }
}
