import { type Context, contextOf } from '../../aggregator/context.ts'
import type { MemberMessage, Verified } from '../../aggregator/messages/messages.ts'
import { concat } from '../../aggregator/values/bytes.ts'
import type { AcquittalCode, ConflictKind } from '../../node/evidence/judge.ts'
import { signDigest, type TestCommittee, testCommittee } from './committee.ts'
import { CURVE_ORDER } from './contracts/curve.ts'
import { Forge, type Observations } from './forge.ts'

type Message = Verified<MemberMessage>
type Pair = readonly [Uint8Array, Uint8Array]

/** Whom every pair here is about, and when. */
export const ACCUSED = 2
const ACCUSED_ROUND = 40

/** Pairs of messages by what they prove: what an honest member never signs, and what it may. */
export interface EvidencePairs {
  readonly forge: Forge
  readonly observations: Observations
  readonly guilty: Readonly<Record<ConflictKind, readonly [Message, Message]>>
  readonly innocent: readonly (readonly [AcquittalCode, Pair])[]
}

/** The same pairs every time for a committee of at least four. */
export function evidencePairs(test: TestCommittee, context: Context): EvidencePairs {
  const forge = new Forge(test, context)
  const { all, signingThreshold } = test.committee
  const signingSet = (1 << signingThreshold) - 1
  const of = { round: ACCUSED_ROUND, sender: ACCUSED }
  const pair = { expected: all, signing: signingSet }
  const observations = test.identityKeys.map((_key, sender) =>
    forge.observation({ ...of, sender, pair }),
  )
  const choice = { observers: all, signingSet, expectedNext: all }
  const share = (given: Partial<Parameters<Forge['share']>[1]> = {}) =>
    forge.share(observations, { ...of, slot: 0, ...choice, ...given })
  const proposal = (given: Partial<Parameters<Forge['proposal']>[1]> = {}) =>
    forge.proposal(observations, { ...of, rank: 0, ...choice, ...given })
  const seen = forge.observation({ ...of, pair })
  const values = test.committee.params.feeds.map((_, feed) => (feed % 2 === 0 ? 7n : null))
  const unlike = forge.observation({ ...of, pair, values })
  const guilty = {
    TWO_OBSERVATIONS: [seen, unlike],
    TWO_LATE_NOTICES: [forge.late({ ...of, members: 1 }), forge.late({ ...of, members: 3 })],
    TWO_PROPOSALS_OF_ONE_RANK: [
      proposal({ lates: [forge.late({ ...of, sender: 1, members: 8 })] }),
      proposal({ expectedNext: signingSet, evidence: [forge.evidence(3, 12)] }),
    ],
    TWO_SHARES_IN_ONE_SLOT: [share(), share({ share: new Uint8Array(32).fill(1) })],
    TWO_REPORT_DIGESTS: [share(), share({ slot: 1, reportDigest: new Uint8Array(32) })],
  } as const
  const foreign = testCommittee({ genesisMs: 1, size: test.committee.size })
  const abroad = new Forge(foreign, contextOf(context.crypto, foreign.committee))
  const bytes = (one: Message, two: Message): Pair => [one.bytes, two.bytes]
  const body = unlike.bytes.subarray(0, -64)
  const signedBy = (member: number) =>
    concat(body, signDigest(test.identityKeys[member] as Uint8Array, unlike.digest))
  const innocent: EvidencePairs['innocent'] = [
    ['SAME_CONTENT', bytes(seen, seen)],
    ['SENDERS_DIFFER', bytes(seen, forge.observation({ ...of, pair, sender: 1 }))],
    ['ROUNDS_DIFFER', bytes(seen, forge.observation({ ...of, pair, round: ACCUSED_ROUND + 1 }))],
    ['TYPES_DIFFER', bytes(seen, forge.late({ ...of, members: 1 }))],
    ['RANKS_DIFFER', bytes(proposal(), proposal({ rank: 1, expectedNext: signingSet }))],
    ['SAME_REPORT', bytes(share(), share({ slot: 1 }))],
    ['SIGNATURE_INVALID', [seen.bytes, signedBy(1)]],
    ['SIGNATURE_INVALID', [seen.bytes, withHighS(unlike.bytes)]],
    ['SIGNATURE_INVALID', [seen.bytes, concat(body, new Uint8Array(64))]],
    ['MESSAGE_OF_OTHER_COMMITTEE', bytes(seen, abroad.late({ ...of, members: 1 }))],
    ['MESSAGE_MALFORMED', [seen.bytes, unlike.bytes.slice(0, -1)]],
    ['MESSAGE_MALFORMED', [unlike.bytes, seen.bytes.slice(0, -1)]],
    ['MESSAGE_TOO_LARGE', [unlike.bytes, concat(seen.bytes, Uint8Array.of(0))]],
  ]
  return { forge, observations, guilty, innocent }
}

/** The other form of a signature: it recovers the same key, and no honest reader takes it. */
function withHighS(message: Uint8Array): Uint8Array {
  const changed = message.slice()
  const low = BigInt(`0x${Buffer.from(message.subarray(-32)).toString('hex')}`)
  const high = (CURVE_ORDER - low).toString(16).padStart(64, '0')
  changed.set(Buffer.from(high, 'hex'), changed.length - 32)
  return changed
}
