import type {
  NonceCommitment,
  NonceSecret,
  SigningSession,
} from '../../aggregator/signing/threshold.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { RecentMap } from '../../aggregator/values/recent-map.ts'
import type { Prng } from '../determinism/prng.ts'
import type { Disk } from './disk.ts'
import type { Keys } from './keys.ts'

export interface SignRequest {
  readonly round: Round
  readonly slot: number
  readonly reportDigest: Uint8Array
  readonly session: SigningSession
}

type Commitments = readonly [NonceCommitment, NonceCommitment, NonceCommitment]

/** Holds a member's nonces and refuses what would contradict a promise (protocol §2.4, §10.2). */
export interface Signer {
  readonly commitments: (round: Round) => Commitments
  /** Null when the signer refuses. */
  readonly sign: (request: SignRequest) => Uint8Array | null
  readonly erase: (upTo: Round) => void
}

export interface SignerOptions {
  readonly keys: Keys
  readonly member: MemberIndex
  readonly disk: Disk
  readonly chance: Prng
}

/** A fresh signer of one process: nonces die with it. */
export function createSigner({ keys, member, disk, chance }: SignerOptions): Signer {
  const share = keys.shares[member]
  if (share === undefined) throw new RangeError('a signer is of a member')
  const { threshold } = keys.crypto
  const nonces = new RecentMap<Round, (NonceSecret | null)[]>()

  const commitments = (round: Round): Commitments => {
    const first = threshold.commit(share, chance.bytes(64))
    const second = threshold.commit(share, chance.bytes(64))
    const third = threshold.commit(share, chance.bytes(64))
    nonces.set(round, [first.secret, second.secret, third.secret])
    return [first.commitment, second.commitment, third.commitment]
  }
  const sign = (request: SignRequest): Uint8Array | null => {
    const { round, slot, reportDigest, session } = request
    if (!isPromised(disk, round, reportDigest)) return null
    const ofRound = nonces.get(round)
    const nonce = ofRound?.[slot] ?? null
    if (ofRound === undefined || nonce === null) return null
    // Erased before the share leaves: a second answer on one pair gives the key share away.
    ofRound[slot] = null
    try {
      return threshold.sign(keys.committee.groupKey, share, nonce, session)
    } catch {
      return null
    }
  }
  const erase = (upTo: Round): void => {
    nonces.deleteWhere((round) => round <= upTo)
  }
  return { commitments, sign, erase }
}

/** Only at the durable watermark, and only the report digest promised there. */
function isPromised(disk: Disk, round: Round, reportDigest: Uint8Array): boolean {
  if (round !== disk.watermark) return false
  const promised = disk.promises.filter((each) => each.kind === 'share')
  return promised.length > 0 && promised.every((each) => equalBytes(each.digest, reportDigest))
}
