import type { Context } from '../context.ts'
import type { NonceCommitment, SigningSession } from '../signing/threshold.ts'
import { concat, equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader, Writer } from '../values/codec.ts'
import type { MemberIndex } from '../values/ids.ts'
import { membersOf } from '../values/ids.ts'

interface Head {
  readonly sender: MemberIndex
  /** The window of time that the attempt to sign takes place in. */
  readonly attempt: number
  /** What is to be signed: `handoverMessageOf`. */
  readonly message: Uint8Array
}

/** The sender's operator approves this hand-over, and it can sign in this attempt. */
export interface Offer extends Head {
  readonly type: 'offer'
  readonly commitment: NonceCommitment
}

/** The coordinator of an attempt says who signs: t offers of it, by ascending sender. */
export interface Session extends Head {
  readonly type: 'session'
  readonly offers: readonly Signed<Offer>[]
}

/** The sender's share of the signature in one session. */
export interface HandoverShare extends Head {
  readonly type: 'share'
  /** Digest of the session. */
  readonly session: Uint8Array
  readonly share: Uint8Array
}

export type Statement = Offer | Session | HandoverShare

/** Type tags, the first byte; they continue those of key generation at a distance. */
const HANDOVER_STATEMENT_TAG = { offer: 81, session: 82, share: 83 } as const
const VERSION = 1
const SIGNATURE_BYTES = 64
/** Tag, version, committee digest, sender, attempt and message. */
const HEAD_BYTES = 75
const OFFER_BYTES = HEAD_BYTES + 66 + SIGNATURE_BYTES

declare const checked: unique symbol

/** A statement whose signature was checked; only `openStatement` makes one. */
export interface Signed<S extends Statement = Statement> {
  readonly statement: S
  /** What the identity signature is over; names the statement. */
  readonly digest: Uint8Array
  /** All of it, as it travels. */
  readonly bytes: Uint8Array
  readonly [checked]: true
}

/** Canonical bytes of a statement without its signature. */
export function encodeStatement({ committee }: Context, statement: Statement): Uint8Array {
  const writer = new Writer()
    .u8(HANDOVER_STATEMENT_TAG[statement.type])
    .u8(VERSION)
    .bytes(committee.digest)
    .u8(statement.sender)
    .u64(statement.attempt)
    .bytes(statement.message)
  switch (statement.type) {
    case 'offer':
      return writer.bytes(statement.commitment.hiding).bytes(statement.commitment.binding).done()
    case 'session':
      for (const { bytes } of statement.offers) writer.bytes(bytes)
      return writer.done()
    case 'share':
      return writer.bytes(statement.session).bytes(statement.share).done()
  }
}

/** What a member signs with its identity key: keccak256 of the canonical bytes. */
export function digestOfStatement(context: Context, statement: Statement): Uint8Array {
  return context.crypto.keccak256(encodeStatement(context, statement))
}

/** Length in bytes of a signed statement: each type has one, given by the committee. */
export function statementBytes({ committee }: Context, type: Statement['type']): number {
  if (type === 'offer') return OFFER_BYTES
  if (type === 'share') return HEAD_BYTES + 64 + SIGNATURE_BYTES
  return HEAD_BYTES + committee.signingThreshold * OFFER_BYTES + SIGNATURE_BYTES
}

/** Type of a signed statement by its first byte; null for other messages. */
export function statementTypeOf(bytes: Uint8Array): Statement['type'] | null {
  for (const type of ['offer', 'session', 'share'] as const) {
    if (bytes[0] === HANDOVER_STATEMENT_TAG[type]) return type
  }
  return null
}

/** Whose statement for which attempt bytes claim to be. */
export interface Claimed {
  readonly type: Statement['type']
  readonly sender: MemberIndex
  readonly attempt: number
}

/** Reads that alone: no signature is checked. Null where the form is none. */
export function claimedBy(context: Context, bytes: Uint8Array): Claimed | null {
  const type = statementTypeOf(bytes)
  if (type === null || bytes.length !== statementBytes(context, type)) return null
  return unlessMalformed(() => ({ type, ...readHead(context, new Reader(bytes)) }))
}

/** Digest of the statement in these bytes, whoever signed them. */
export function digestOfSigned(context: Context, bytes: Uint8Array): Uint8Array {
  return context.crypto.keccak256(bytes.subarray(0, bytes.length - SIGNATURE_BYTES))
}

/**
 * Checks form, committee and signatures; null for anything that only a faulty peer sends. The
 * sender's own signature comes before those of the offers in a session: else anybody could have t
 * of them checked with each message. Never throws on input.
 */
export function openStatement(context: Context, bytes: Uint8Array): Signed | null {
  const claimed = claimedBy(context, bytes)
  if (claimed === null) return null
  const unsigned = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const digest = context.crypto.keccak256(unsigned)
  const publicKey = context.committee.params.members[claimed.sender]?.identityKey
  const signature = bytes.subarray(unsigned.length)
  if (publicKey === undefined || !context.crypto.verifyMessage(signature, digest, publicKey)) {
    return null
  }
  const statement = readStatement(context, unsigned)
  return statement === null ? null : ({ statement, digest, bytes: bytes.slice() } as Signed)
}

/**
 * The statement that these unsigned bytes are; null for anything that `encodeStatement` does not
 * make of a statement of this committee. Offers inside of it are checked with their signatures.
 */
export function readStatement(context: Context, unsigned: Uint8Array): Statement | null {
  const type = statementTypeOf(unsigned)
  if (type === null || unsigned.length !== statementBytes(context, type) - SIGNATURE_BYTES) {
    return null
  }
  return read(context, type, unsigned)
}

/** Completes a statement of ours with the signature that the host made; not verified again. */
export function sealStatement(
  context: Context,
  statement: Statement,
  signature: Uint8Array,
): Signed {
  const unsigned = encodeStatement(context, statement)
  const bytes = concat(unsigned, signature)
  return { statement, digest: context.crypto.keccak256(unsigned), bytes } as Signed
}

/** What threshold signing needs of a session. */
export function signingSessionOf({ message, offers }: Session): SigningSession {
  return {
    message,
    signingSet: membersOf(offers.map(({ statement }) => statement.sender)),
    commitments: offers.map(({ statement }) => statement.commitment),
  }
}

function read(context: Context, type: Statement['type'], unsigned: Uint8Array): Statement | null {
  return unlessMalformed(() => {
    const reader = new Reader(unsigned)
    const statement = readBody(context, reader, { type, head: readHead(context, reader) })
    reader.end()
    return statement
  })
}

function unlessMalformed<T>(readAll: () => T): T | null {
  try {
    return readAll()
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}

function readHead({ committee }: Context, reader: Reader): Head {
  reader.u8()
  reader.check(reader.u8() === VERSION, 'an unknown version')
  reader.check(equalBytes(reader.view(32), committee.digest), 'another committee')
  const sender = reader.u8()
  reader.check(sender < committee.size, 'a member beyond the committee')
  return { sender, attempt: reader.u64(), message: reader.bytes(32) }
}

function readBody(
  context: Context,
  reader: Reader,
  { type, head }: { readonly type: Statement['type']; readonly head: Head },
): Statement {
  if (type === 'offer') {
    return { type, ...head, commitment: { hiding: reader.bytes(33), binding: reader.bytes(33) } }
  }
  if (type === 'share') return { type, ...head, session: reader.bytes(32), share: reader.bytes(32) }
  const offers: Signed<Offer>[] = []
  for (let count = 0; count < context.committee.signingThreshold; count++) {
    const signed = openStatement(context, reader.view(OFFER_BYTES))
    const last = offers.at(-1)?.statement.sender ?? -1
    if (signed === null || !isOfferFor(signed, head) || signed.statement.sender <= last) {
      throw reader.malformed('no offer of this attempt, or not in order')
    }
    offers.push(signed)
  }
  return { type, ...head, offers }
}

function isOfferFor(signed: Signed, head: Head): signed is Signed<Offer> {
  const { statement } = signed
  return (
    statement.type === 'offer' &&
    statement.attempt === head.attempt &&
    equalBytes(statement.message, head.message)
  )
}
