import { keccak_256 } from '@noble/hashes/sha3.js'
import { faultyMax, signingThresholdOf } from '../../aggregator/committee/quorum.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { Clock } from '../../aggregator/report/calldata.ts'
import { reportDigestOf, signedMessageOf } from '../../aggregator/report/digests.ts'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { feedsRootOf } from '../../aggregator/report/feeds-tree.ts'
import { encodeWord } from '../../aggregator/report/words.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type { GroupKey, SigningShare } from '../../aggregator/signing/threshold.ts'
import { allMembers, type Members, membersOf } from '../../aggregator/values/ids.ts'

/** What a certificate should say; everything has a plain default. */
export interface ReportContent {
  readonly round: number
  /** Milliseconds after the opening of the round; 0 when left out. */
  readonly offsetMs?: number
  readonly feeds: readonly FeedReport[]
  readonly slot?: number
}

/** A committee with all its keys in one process, which signs whatever a test wants. */
export interface CommitteeBox {
  readonly groupKey: GroupKey
  readonly clock: Clock
  readonly members: number
  readonly certify: (content: ReportContent) => Certificate
  /** A signature of 65 bytes over any 32 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** A usable feed: ok, observed by four members, spread 0. */
export function ok(value: bigint, spread = 0n, observers = 4): FeedReport {
  return { value, spread, observers, status: FEED_STATUS.ok }
}

export const UNAVAILABLE: FeedReport = {
  value: 0n,
  spread: 0n,
  observers: 2,
  status: FEED_STATUS.unavailable,
}

export const DEFAULT_CLOCK: Clock = {
  genesisMs: 1_767_225_600_000,
  roundMs: 500,
  includeMs: 120,
  clockSkewMsMax: 5,
}

/** Unpredictable only to a reader: the same seed always gives the same bytes. */
export function seededBytes(seed: string): (length: number) => Uint8Array {
  let counter = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let offset = 0; offset < length; offset += 32) {
      const block = keccak_256(new TextEncoder().encode(`${seed}:${counter++}`))
      bytes.set(block.subarray(0, Math.min(32, length - offset)), offset)
    }
    return bytes
  }
}

/**
 * Signs as the threshold of the shares given would, all in one process.
 *
 * @param shares as many as the threshold asks for, ascending by index
 * @param random for the nonces, see `seededBytes`
 */
export function signTogether(
  group: { readonly groupKey: GroupKey; readonly shares: readonly SigningShare[] },
  random: (length: number) => Uint8Array,
): (message: Uint8Array) => Uint8Array {
  const { groupKey, shares } = group
  const signingSet = membersOf(shares.map((share) => share.index))
  return (message) => {
    const committed = shares.map((share) => ({
      share,
      nonce: frostScheme.commit(share, random(64)),
    }))
    const commitments = committed.map(({ nonce }) => nonce.commitment)
    const session = { message, signingSet, commitments }
    const parts = committed.map(({ share, nonce }) =>
      frostScheme.sign(groupKey, share, nonce.secret, session),
    )
    const outcome = frostScheme.combine(groupKey, session, parts)
    if (outcome.type === 'refused') throw new Error('honest shares combine')
    return outcome.signature
  }
}

/** Makes a committee of `members` with f = ⌊(n−1)/3⌋; the same seed makes the same keys. */
export function committeeInABox(options: {
  readonly members: number
  readonly seed: string
  readonly clock?: Clock
}): CommitteeBox {
  const { members, seed, clock = DEFAULT_CLOCK } = options
  const threshold = signingThresholdOf(members, faultyMax(members))
  const random = seededBytes(seed)
  const { groupKey, shares } = dealForDevelopment({ members, threshold }, random)
  const signers = shares.slice(0, threshold)
  const signingSet = membersOf(signers.map((share) => share.index))

  const sign = signTogether({ groupKey, shares: signers }, random)
  return boxOf({ groupKey, clock, members, signingSet, sign })
}

/** A committee of which something else signs, as these members. */
export function boxOf(
  committee: Omit<CommitteeBox, 'certify'> & { readonly signingSet: Members },
): CommitteeBox {
  const { groupKey, clock, members, signingSet, sign } = committee
  const certify = ({ round, offsetMs = 0, feeds, slot = 0 }: ReportContent): Certificate => {
    const words = feeds.map(encodeWord)
    const header = {
      round,
      timestampMs: clock.genesisMs + round * clock.roundMs + offsetMs,
      observers: allMembers(members),
    }
    const reportDigest = reportDigestOf(keccak_256, {
      ...header,
      feedsRoot: feedsRootOf(keccak_256, words),
    })
    const signed = { slot, signingSet, expectedNext: allMembers(members) }
    const signature = sign(signedMessageOf(keccak_256, { ...signed, reportDigest }))
    return { type: 'certificate', ...header, words, ...signed, signature }
  }
  return { groupKey, clock, members, certify, sign }
}
