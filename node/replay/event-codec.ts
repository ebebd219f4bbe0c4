import type { PastFeedValue } from '../../aggregator/aggregation/derived-feeds.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Event } from '../../aggregator/events.ts'
import { decode, typeOfBytes } from '../../aggregator/messages/codec.ts'
import type {
  Certificate,
  Evidence,
  GossipMessage,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { validate } from '../../aggregator/messages/validate.ts'
import type { NonceCommitment } from '../../aggregator/signing/threshold.ts'
import { Packer, UnpackError, Unpacker } from './pack.ts'

type EventOf<T extends Event['type']> = Extract<Event, { readonly type: T }>

/** First byte of a journalled event. A number is never used again for something else. */
const TYPES = [
  'started',
  'alarmFired',
  'sampled',
  'received',
  'memberAhead',
  'syncRequested',
  'shareSigned',
  'combined',
  'chainRead',
  'transmitted',
  'termSet',
  'pastLearned',
  'memberBehind',
  'answered',
] as const satisfies readonly Event['type'][]

const ORIGINS = ['self', 'peer', 'sync'] as const
const OUTCOMES = ['landed', 'superseded', 'failed'] as const

/**
 * Everything of an event that the core reads, and nothing else (protocol §10.4): type, nowMs,
 * fields. Verified messages are their wire form, from which all the rest follows.
 */
export function encodeEvent(event: Event): Uint8Array {
  const packer = new Packer().byte(TYPES.indexOf(event.type)).number(event.nowMs)
  switch (event.type) {
    case 'started':
      packer.number(event.watermark)
      packer.optional(event.certificate, ({ bytes }) => packer.bytes(bytes))
      packer.list(event.evidence, ({ bytes }) => packer.bytes(bytes))
      return packPast(packer, event.past).done()
    case 'pastLearned':
      return packPast(packer, event.past).done()
    case 'termSet':
      packer.optional(event.fromMs, (fromMs) => packer.number(fromMs))
      return packer.optional(event.untilMs, (untilMs) => packer.number(untilMs)).done()
    case 'alarmFired':
      return packer.done()
    case 'sampled':
      return packSampled(packer, event)
    case 'received':
      return packer.byte(ORIGINS.indexOf(event.origin)).bytes(event.message.bytes).done()
    case 'answered':
      return packer.number(event.from).done()
    case 'memberAhead':
    case 'memberBehind':
      return packer.number(event.member).number(event.round).done()
    case 'syncRequested': {
      const { from, request } = event
      return packer.number(from).number(request.round).number(request.observers).done()
    }
    case 'shareSigned':
      packer.number(event.round).number(event.slot)
      return packer.optional(event.share, (share) => packer.bytes(share)).done()
    case 'combined':
      packer.number(event.round).number(event.attempt).number(event.culprits)
      return packer.optional(event.signature, (signature) => packer.bytes(signature)).done()
    case 'chainRead':
      return packChainRead(packer, event)
    case 'transmitted':
      packer.text(event.target).number(event.round)
      return packer.byte(OUTCOMES.indexOf(event.outcome)).done()
  }
}

function packSampled(packer: Packer, event: EventOf<'sampled'>): Uint8Array {
  packer.number(event.round).bytes(event.sourceCommitment)
  packer.list(event.values, (each) => packer.optional(each, (value) => packer.integer(value)))
  for (const { hiding, binding } of event.commitments) packer.bytes(hiding).bytes(binding)
  return packer.done()
}

function packChainRead(packer: Packer, event: EventOf<'chainRead'>): Uint8Array {
  packer.text(event.target)
  return packer
    .list(event.feeds, ({ feed, value, round, timestampMs, status }) =>
      packer.number(feed).integer(value).number(round).number(timestampMs).number(status),
    )
    .done()
}

/**
 * Rebuilds the event that `encodeEvent` wrote. A message in it is judged again by everything but
 * the window of rounds: the journal is not trusted, and the window was judged when it came.
 *
 * @throws {UnpackError} says why there is no such event
 */
export function decodeEvent(context: Context, bytes: Uint8Array): Event {
  const unpacker = new Unpacker(bytes)
  const type = TYPES[unpacker.byte()]
  if (type === undefined) throw new UnpackError('no event has this type')
  const nowMs = unpacker.number()
  const event = { nowMs, ...fieldsOf(type, unpacker, context) } as Event
  unpacker.end()
  return event
}

function fieldsOf(type: Event['type'], unpacker: Unpacker, context: Context) {
  switch (type) {
    case 'started':
      return unpackStarted(unpacker, context)
    case 'termSet': {
      const fromMs = unpacker.optional(() => unpacker.number())
      return { type, fromMs, untilMs: unpacker.optional(() => unpacker.number()) }
    }
    case 'pastLearned':
      return { type, past: unpackPast(unpacker) }
    case 'alarmFired':
      return { type }
    case 'sampled':
      return unpackSampled(unpacker)
    case 'received': {
      const origin = choice(ORIGINS, unpacker)
      return { type, origin, message: verifiedFrom(context, unpacker.bytes()) }
    }
    case 'answered':
      return { type, from: memberOf(context, unpacker) }
    case 'memberAhead':
    case 'memberBehind':
      return { type, member: memberOf(context, unpacker), round: unpacker.number() }
    case 'syncRequested': {
      const from = memberOf(context, unpacker)
      const [round, observers] = [unpacker.number(), unpacker.number()]
      return { type, from, request: { type: 'syncRequest' as const, round, observers } }
    }
    case 'shareSigned': {
      const [round, slot] = [unpacker.number(), unpacker.number()]
      return { type, round, slot, share: unpacker.optional(() => unpacker.bytes()) }
    }
    case 'combined': {
      const round = unpacker.number()
      const attempt = unpacker.number()
      const culprits = unpacker.number()
      const signature = unpacker.optional(() => unpacker.bytes())
      return { type, round, attempt, signature, culprits }
    }
    case 'chainRead':
      return unpackChainRead(unpacker)
    case 'transmitted': {
      const [target, round] = [unpacker.text(), unpacker.number()]
      return { type, target, round, outcome: choice(OUTCOMES, unpacker) }
    }
  }
}

function unpackStarted(unpacker: Unpacker, context: Context) {
  const watermark = unpacker.number()
  const certificate = unpacker.optional(() =>
    ofType<Certificate>(verifiedFrom(context, unpacker.bytes()), 'certificate'),
  )
  const evidence = unpacker.list(() =>
    ofType<Evidence>(verifiedFrom(context, unpacker.bytes()), 'evidence'),
  )
  const past = unpackPast(unpacker)
  return { type: 'started' as const, watermark, certificate, evidence, past }
}

function packPast(packer: Packer, past: readonly PastFeedValue[]): Packer {
  return packer.list(past, ({ feed, openedMs, value }) =>
    packer.number(feed).number(openedMs).integer(value),
  )
}

function unpackPast(unpacker: Unpacker): PastFeedValue[] {
  return unpacker.list(() => ({
    feed: unpacker.number(),
    openedMs: unpacker.number(),
    value: unpacker.integer(),
  }))
}

function unpackSampled(unpacker: Unpacker) {
  const round = unpacker.number()
  const sourceCommitment = unpacker.exactly(32)
  const values = unpacker.list(() => unpacker.optional(() => unpacker.integer()))
  const commitment = (): NonceCommitment => ({
    hiding: unpacker.exactly(33),
    binding: unpacker.exactly(33),
  })
  const commitments = [commitment(), commitment(), commitment()] as const
  return { type: 'sampled' as const, round, values, sourceCommitment, commitments }
}

function unpackChainRead(unpacker: Unpacker) {
  const target = unpacker.text()
  const feeds = unpacker.list(() => ({
    feed: unpacker.number(),
    value: unpacker.integer(),
    round: unpacker.number(),
    timestampMs: unpacker.number(),
    status: unpacker.number(),
  }))
  return { type: 'chainRead' as const, target, feeds }
}

function choice<T>(choices: readonly T[], unpacker: Unpacker): T {
  const chosen = choices[unpacker.byte()]
  if (chosen === undefined) throw new UnpackError('a choice is none of those there are')
  return chosen
}

function memberOf({ committee }: Context, unpacker: Unpacker): number {
  const index = unpacker.number()
  if (index >= committee.size) throw new UnpackError('a member is beyond the committee')
  return index
}

function verifiedFrom(context: Context, bytes: Uint8Array): Verified<GossipMessage> {
  const topic = typeOfBytes(bytes) === 'certificate' ? 'reports' : 'protocol'
  const currentRound = decode(context.committee, bytes)?.round ?? 0
  const verdict = validate(context, bytes, { topic, currentRound })
  if (verdict.verdict === 'accept') return verdict.message
  throw new UnpackError(`its message is refused: ${verdict.code}`)
}

function ofType<M extends GossipMessage>(
  verified: Verified<GossipMessage>,
  type: M['type'],
): Verified<M> {
  if (verified.message.type === type) return verified as Verified<M>
  throw new UnpackError(`a message is no ${type}`)
}
