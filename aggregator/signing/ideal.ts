import { equalBytes } from '../values/bytes.ts'
import { countMembers, listMembers, NO_MEMBERS, positionIn, withMember } from '../values/ids.ts'
import { RecentMap } from '../values/recent-map.ts'
import { cutBytes, pieceOf } from '../values/slab.ts'
import type { GroupKey, SigningSession, SigningShare, ThresholdScheme } from './threshold.ts'

/** Sessions whose tags are remembered; the oldest goes first. */
const SESSIONS_MAX = 16

const FNV_PRIME = 0x01000193

/** Low 32 bits of a product, which exceeds the safe integers when multiplied at once. */
function multiplyLow(a: number, b: number): number {
  return ((a & 0xffff) * b + ((((a >>> 16) * b) & 0xffff) << 16)) | 0
}

function mix(state: number, bytes: Uint8Array): number {
  let hash = state
  for (const byte of bytes) hash = multiplyLow(hash ^ byte, FNV_PRIME)
  return hash
}

function expand(seed: number, bytes: Uint8Array): Uint8Array {
  let state = seed === 0 ? 1 : seed
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state & 255
  }
  return bytes
}

/**
 * The ideal signing functionality: same sizes, same interface and same verdicts as FROST, without
 * the elliptic curve. Shares and signatures are tags under a key that only this object holds, so
 * nobody forges one without guessing 32 bits per tag; it is for simulations, never for a network.
 *
 * @param key any integer; worlds with different keys refuse each other's signatures
 */
export function idealScheme(key: number): ThresholdScheme {
  const tag = (label: number, message: Uint8Array, extra: number) =>
    mix(multiplyLow(key ^ label, FNV_PRIME) ^ extra, message)

  /** What every signer and every combiner of one session computes alike. */
  const sessions = new RecentMap<SigningSession, SessionTags>(SESSIONS_MAX)
  const tagsOf = (session: SigningSession): SessionTags => {
    const known = sessions.get(session)
    if (known !== undefined) return known
    const made: SessionTags = { commitments: commitmentsOf(session), shares: [] }
    sessions.set(session, made)
    return made
  }
  /** Not to be given away: it judges what others send. */
  const shareOf = (index: number, session: SigningSession): Uint8Array => {
    const { commitments, shares } = tagsOf(session)
    const known = shares[index]
    if (known !== undefined) return known
    const ofSession = mix(tag(index + 1, session.message, session.signingSet), commitments)
    const share = expand(ofSession, new Uint8Array(32))
    shares[index] = share
    return share
  }
  const signatureOf = (message: Uint8Array): Uint8Array => {
    const signature = expand(tag(0, message, 0), cutBytes(65))
    signature[0] = 2
    return signature
  }

  return {
    name: 'ideal',
    commit(_share, chance) {
      // One piece for all four: simulations make many, and no short array is as small as a view.
      const room = pieceOf(130)
      room[0] = 2
      room[33] = 2
      for (let at = 0; at < 32; at++) {
        room[1 + at] = chance[at] as number
        room[34 + at] = chance[at + 32] as number
        room[66 + at] = chance[at] as number
        room[98 + at] = chance[at + 32] as number
      }
      const commitment = { hiding: room.subarray(0, 33), binding: room.subarray(33, 66) }
      const secret = { hiding: room.subarray(66, 98), binding: room.subarray(98, 130) }
      return { secret, commitment }
    },
    isCommitment: ({ hiding, binding }) => hiding[0] === 2 && binding[0] === 2,
    sign(_groupKey: GroupKey, share: SigningShare, nonce, session) {
      const position = positionIn(session.signingSet, share.index)
      const own = session.commitments[position]
      if (own === undefined || !isPointOf(nonce.hiding, own.hiding)) {
        throw new RangeError("the signer's own commitment is not in the session")
      }
      if (!session.commitments.every((each) => each.hiding[0] === 2 && each.binding[0] === 2)) {
        throw new RangeError('a commitment of the session is no point')
      }
      const result = shareOf(share.index, session).slice()
      nonce.hiding.fill(0)
      nonce.binding.fill(0)
      return result
    },
    combine(groupKey, session, shares) {
      let culprits = NO_MEMBERS
      listMembers(session.signingSet).forEach((index, position) => {
        const share = shares[position]
        if (share === undefined || !equalBytes(share, shareOf(index, session))) {
          culprits = withMember(culprits, index)
        }
      })
      if (countMembers(session.signingSet) < groupKey.threshold) culprits = session.signingSet
      if (culprits !== NO_MEMBERS) return { type: 'refused', culprits }
      return { type: 'combined', signature: signatureOf(session.message) }
    },
    verify: (_publicKey, message, signature) => equalBytes(signature, signatureOf(message)),
  }
}

interface SessionTags {
  readonly commitments: Uint8Array
  /** By member; made when first asked for. */
  readonly shares: (Uint8Array | undefined)[]
}

/** Commitments as bytes: a share of the ideal scheme is bound to its session like a real one. */
function commitmentsOf(session: SigningSession): Uint8Array {
  const bytes = cutBytes(session.commitments.length * 8)
  session.commitments.forEach(({ hiding, binding }, position) => {
    for (let at = 0; at < 4; at++) {
      bytes[position * 8 + at] = hiding[at + 1] as number
      bytes[position * 8 + 4 + at] = binding[at + 1] as number
    }
  })
  return bytes
}

/** Whether a point of this scheme is that of a nonce: a head and the nonce itself. */
function isPointOf(nonce: Uint8Array, point: Uint8Array): boolean {
  for (let at = 0; at < 32; at++) if (point[at + 1] !== nonce[at]) return false
  return true
}
