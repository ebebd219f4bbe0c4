import { type Context, contextOf } from '../../aggregator/context.ts'
import { certificateMessage } from '../../aggregator/messages/certificate.ts'
import { encodeCertificate } from '../../aggregator/messages/codec.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import { sealCertificate } from '../../aggregator/messages/validate.ts'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { encodeWord } from '../../aggregator/report/words.ts'
import { allMembers, membersOf } from '../../aggregator/values/ids.ts'
import { ok, seededBytes, signTogether } from '../../contracts/testing/committee-box.ts'
import type { CommitteeFile } from '../../node/config/committee-file.ts'
import {
  BTC,
  referenceCrypto,
  type TestCommittee,
  type TestCommitteeOptions,
  testCommittee,
} from './committee.ts'

/** A committee with all its keys, which certifies what a test wants in the real wire form. */
export interface Certifier {
  readonly context: Context
  readonly file: CommitteeFile
  readonly test: TestCommittee
  /** Opening of round 0. */
  readonly genesisMs: number
  readonly certify: (
    round: number,
    feeds: readonly FeedReport[],
    changes?: { readonly slot?: number; readonly offsetMs?: number },
  ) => Verified<Certificate>
}

/** Names of feeds F0/USD, F1/USD … with eight decimals. */
export function feedsNamed(count: number) {
  return Array.from({ length: count }, (_, index) => ({ ...BTC, name: `F${index}/USD` }))
}

/** Values that differ from feed to feed and from round to round. */
export function valuesAt(round: number, count: number): FeedReport[] {
  return Array.from({ length: count }, (_, feed) => ok(BigInt(round * 1_000 + feed), 3n))
}

export function certifier(options: TestCommitteeOptions = {}): Certifier {
  const made = testCommittee(options)
  const { committee, shares } = made
  const context = contextOf(referenceCrypto, committee)
  const signers = shares.slice(0, committee.signingThreshold)
  const signingSet = membersOf(signers.map(({ index }) => index))
  const { params, groupKey } = committee
  const sign = signTogether({ groupKey, shares: signers }, seededBytes('certifier'))
  return {
    context,
    file: { params, groupKey },
    test: made,
    genesisMs: params.genesisMs,
    certify: (round, feeds, { slot = 0, offsetMs = 0 } = {}) => {
      const unsigned: Certificate = {
        type: 'certificate',
        round,
        timestampMs: params.genesisMs + round * params.timing.roundMs + offsetMs,
        observers: allMembers(committee.size),
        words: feeds.map(encodeWord),
        slot,
        signingSet,
        expectedNext: allMembers(committee.size),
        signature: new Uint8Array(65),
      }
      const signature = sign(certificateMessage(referenceCrypto.keccak256, unsigned))
      const message = { ...unsigned, signature }
      return sealCertificate(context, { message, bytes: encodeCertificate(committee, message) })
    },
  }
}
