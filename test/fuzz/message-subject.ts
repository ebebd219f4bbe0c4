import { contextOf } from '../../aggregator/context.ts'
import { certificateMessage } from '../../aggregator/messages/certificate.ts'
import {
  bodyOf,
  type Decoded,
  decode,
  digestOfBody,
  encodeCertificate,
  encodeEvidence,
  encodeMember,
  messageBytesMax,
  signatureOf,
  typeOfBytes,
} from '../../aggregator/messages/codec.ts'
import { MESSAGE_TAG, MESSAGE_VERSION, SIGNATURE_BYTES } from '../../aggregator/messages/fields.ts'
import type { Evidence, MemberMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { ProposalBody } from '../../aggregator/messages/proposal.ts'
import {
  decodeDirect,
  encodeDirect,
  SYNC_ANSWER_BYTES_MAX,
} from '../../aggregator/messages/sync.ts'
import type { Topic } from '../../aggregator/messages/validate.ts'
import { compareBytes, concat, equalBytes } from '../../aggregator/values/bytes.ts'
import { Inbound } from '../../node/inbound.ts'
import { doAtOnce } from '../../node/later.ts'
import { type Prng, prngOf } from '../../simulations/determinism/prng.ts'
import { BTC, testCommittee } from '../support/committee.ts'
import { ZOO_ROUND, zooOf } from '../support/zoo.ts'
import { mutateBytes, mutateFields } from './mutate.ts'
import { openCrypto, openGroupSignature, openSignature } from './signatures.ts'
import { Finding, headed, isHeaded, type Subject } from './subject.ts'

/** Ten feeds: two bytes of presence bits, the second one not full. */
const FEEDS = Array.from({ length: 10 }, (_, index) => ({ ...BTC, name: `F${index}/USD` }))
const SENDER_AT = 42
const GOSSIP_TAGS = 6

type Member = MemberMessage | ProposalBody

/** Everything that a member hears by gossip and by direct streams, as the node judges it. */
export function messageSubjects(): readonly Subject[] {
  const zoo = zooOf(testCommittee({ feeds: FEEDS }))
  const context = contextOf(openCrypto, zoo.forge.test.committee)
  const { committee } = context
  let arrived: Uint8Array | null = null
  let nowMs = 0
  let judged = 0
  const inbound = new Inbound(context, {
    clock: { nowMs: () => nowMs, setAlarm: () => undefined, clearAlarm: () => undefined },
    report: (event) => {
      if (event.type === 'received') arrived = event.message.bytes
    },
    bestRound: () => 0,
    isClockDoubted: () => false,
    acknowledge: () => undefined,
    admit: () => true,
    judged: () => undefined,
    later: doAtOnce,
  })
  // Time goes to and fro around the round of the seeds, so that windows open and close on them.
  const tick = () => {
    judged += 1
    const round = ZOO_ROUND - 4 + (Math.floor(judged / 4_096) % 24)
    nowMs = committee.params.genesisMs + round * committee.params.timing.roundMs + 1
  }

  const encode = (decoded: Decoded, signature: Uint8Array): Uint8Array => {
    if (decoded.type === 'certificate') return encodeCertificate(committee, decoded)
    if (decoded.type === 'evidence') return encodeEvidence(committee, decoded)
    return concat(encodeMember(committee, writable(decoded)), signature)
  }

  const sign = (body: Uint8Array): Uint8Array => {
    const sender = (body[SENDER_AT] ?? 0) % committee.size
    const key = committee.params.members[sender]?.identityKey ?? new Uint8Array(33)
    return concat(body, openSignature(key, digestOfBody(context, body)))
  }

  const withHead = (bytes: Uint8Array, tag: number) =>
    headed(bytes, [tag, MESSAGE_VERSION], committee.digest)

  const repairEvidence = (message: Evidence, chance: Prng): Uint8Array => {
    const [one, two] = message.messages.map((bytes) => repair(bytes, chance)) as [
      Uint8Array,
      Uint8Array,
    ]
    const isOrdered =
      compareBytes(digestOfBody(context, bodyOf(one)), digestOfBody(context, bodyOf(two))) < 0
    return encodeEvidence(committee, { ...message, messages: isOrdered ? [one, two] : [two, one] })
  }

  const repair = (bytes: Uint8Array, chance: Prng): Uint8Array => {
    const tag = typeOfBytes(bytes) === null ? 1 + chance.below(GOSSIP_TAGS) : (bytes[0] as number)
    const fixed = withHead(bytes, tag)
    const isOpen = tag === MESSAGE_TAG.certificate || tag === MESSAGE_TAG.evidence
    if (!isOpen && fixed.length > SENDER_AT) {
      fixed[SENDER_AT] = (fixed[SENDER_AT] as number) % committee.size
    }
    const decoded = decode(committee, fixed)
    if (decoded?.type === 'evidence') return repairEvidence(decoded, chance)
    if (decoded?.type === 'certificate') {
      const message = certificateMessage(openCrypto.keccak256, decoded)
      const signature = openGroupSignature(committee.groupKey.publicKey, message)
      return encodeCertificate(committee, { ...decoded, signature })
    }
    if (decoded?.type === 'proposal') {
      const lateBytes = decoded.lateBytes.map((each) => repair(each, chance))
      const evidenceBytes = decoded.evidenceBytes.map((each) => repair(each, chance))
      return sign(encodeMember(committee, writable({ ...decoded, lateBytes, evidenceBytes })))
    }
    return isOpen ? fixed : sign(bodyOf(fixed))
  }

  const vary = (bytes: Uint8Array, chance: Prng): Uint8Array | null => {
    const decoded = decode(committee, bytes)
    if (decoded === null) return null
    const inner = (value: Uint8Array): Uint8Array => {
      const deeper = typeOfBytes(value) === null || chance.below(4) === 0
      return (deeper ? null : vary(value, chance)) ?? mutateBytes(value, bytes, chance)
    }
    try {
      const { type, ...fields } = decoded
      const mutant = { type, ...mutateFields(fields, chance, inner) } as Decoded
      return encode(mutant, signatureOf(bytes))
    } catch {
      // The writer refuses what no field holds; that is our own side of the wire.
      return null
    }
  }

  const gossip: Subject = {
    name: 'gossip',
    seeds: zoo.specimens.map(({ message }) => repair(message.bytes, prngOf(1, 'seeds'))),
    judge: (bytes) => {
      tick()
      const type = typeOfBytes(bytes)
      const decoded = decode(committee, bytes)
      if (decoded !== null) mustEqual(encode(decoded, signatureOf(bytes)), bytes, 'decode')
      arrived = null
      const topic: Topic = (type === 'certificate') !== (judged % 64 === 0) ? 'reports' : 'protocol'
      const { verdict, code } = inbound.onMessage({ topic, bytes })
      if (arrived !== null) mustEqual(arrived, bytes, 'the judge')
      const isAccepted = arrived !== null
      if (isAccepted && decoded === null) throw new Finding('accepted what does not decode')
      return { name: `${type ?? 'unknown'} ${verdict}:${code}`, isAccepted }
    },
    isPastHead: (bytes) => {
      const type = typeOfBytes(bytes)
      if (type === null || bytes.length > messageBytesMax(committee, type)) return false
      const isOpen = type === 'certificate' || type === 'evidence'
      const memberAt = type === 'evidence' ? 34 : SENDER_AT
      const hasMember = type === 'certificate' || (bytes[memberAt] ?? 255) < committee.size
      const isLong = bytes.length > SENDER_AT + (isOpen ? 0 : SIGNATURE_BYTES)
      return isLong && hasMember && isHeaded(bytes, MESSAGE_VERSION, committee.digest)
    },
    vary,
    repair,
  }

  const sync: Subject = {
    name: 'sync',
    seeds: [
      encodeDirect(committee, { type: 'syncRequest', round: ZOO_ROUND, observers: 0b101 }),
      encodeDirect(committee, { type: 'syncRequest', round: 0, observers: 0 }),
      encodeDirect(committee, { type: 'syncAnswer', messages: gossip.seeds }),
      encodeDirect(committee, { type: 'syncAnswer', messages: [] }),
    ],
    judge: (bytes) => {
      tick()
      arrived = null
      inbound.onRequest(judged % committee.size, bytes)
      inbound.onAnswer(judged % committee.size, bytes)
      const decoded = decodeDirect(committee, bytes)
      if (decoded === null) return { name: 'sync refused', isAccepted: false }
      mustEqual(encodeDirect(committee, decoded), bytes, 'decodeDirect')
      const name = `sync ${decoded.type}${arrived === null ? '' : ' taken'}`
      return { name, isAccepted: true }
    },
    isPastHead: (bytes) =>
      bytes.length <= SYNC_ANSWER_BYTES_MAX &&
      (bytes[0] === MESSAGE_TAG.syncRequest || bytes[0] === MESSAGE_TAG.syncAnswer) &&
      isHeaded(bytes, MESSAGE_VERSION, committee.digest),
    vary: (bytes, chance) => {
      const decoded = decodeDirect(committee, bytes)
      if (decoded === null) return null
      const { type, ...fields } = decoded
      const inner = (value: Uint8Array) => vary(value, chance) ?? mutateBytes(value, bytes, chance)
      const mutant = { type, ...mutateFields(fields, chance, inner) } as typeof decoded
      return encodeDirectOrNull(mutant)
    },
    repair: (bytes, chance) => {
      const tag = bytes[0] === MESSAGE_TAG.syncRequest ? bytes[0] : MESSAGE_TAG.syncAnswer
      const fixed = withHead(bytes, tag)
      const decoded = decodeDirect(committee, fixed)
      if (decoded?.type !== 'syncAnswer') return fixed
      const messages = decoded.messages.map((each) => repair(each, chance))
      return encodeDirect(committee, { ...decoded, messages })
    },
  }

  function encodeDirectOrNull(message: Parameters<typeof encodeDirect>[1]): Uint8Array | null {
    try {
      return encodeDirect(committee, message)
    } catch {
      return null
    }
  }

  return [gossip, sync]
}

/** A proposal is written from opened attachments; here they stay the bytes that they are. */
function writable(message: Member): MemberMessage {
  if (!('lateBytes' in message)) return message
  const { lateBytes, evidenceBytes, ...rest } = message
  const attached = (list: readonly Uint8Array[]) => list.map((bytes) => ({ bytes }))
  return {
    ...rest,
    lates: attached(lateBytes) as unknown as Verified<never>[],
    evidence: attached(evidenceBytes) as unknown as Verified<never>[],
  }
}

function mustEqual(made: Uint8Array, given: Uint8Array, who: string): void {
  if (!equalBytes(made, given)) throw new Finding(`${who} accepted bytes that are not canonical`)
}
