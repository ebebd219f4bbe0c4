import { SIGNATURE_BYTES } from '../messages/fields.ts'
import { equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader, Writer } from '../values/codec.ts'
import { isSubset, type MemberIndex, type Members } from '../values/ids.ts'
import type { KeygenContext } from './context.ts'
import { POINT_BYTES, PROOF_BYTES, SCALAR_BYTES } from './polynomial.ts'

/** Parts of a key generation in their order; a number of the list is a byte on the wire. */
const KEYGEN_PHASES = ['meeting', 'packages', 'echoes', 'shares', 'results'] as const
export type KeygenPhase = (typeof KEYGEN_PHASES)[number]

/** Round 1: commitments to a polynomial, and the proof that its constant term is known. */
export interface PackageStatement {
  readonly type: 'package'
  readonly sender: MemberIndex
  /** t points of 33 bytes, the constant term first. */
  readonly commitment: readonly Uint8Array[]
  readonly proof: Uint8Array
}

/** What packages the sender holds: whoever gave two members different ones is found out by it. */
export interface EchoStatement {
  readonly type: 'echo'
  readonly sender: MemberIndex
  /** Digest of each member's package, by index. */
  readonly packages: readonly Uint8Array[]
}

/** Round 2: the sender's polynomial at the recipient. Secret unless it is bad. */
export interface ShareStatement {
  readonly type: 'share'
  readonly sender: MemberIndex
  readonly recipient: MemberIndex
  /** Digest of the sender's own package, against which the share is judged. */
  readonly package: Uint8Array
  readonly share: Uint8Array
}

/** What the sender computed; the committee exists when all n say the same. */
export interface ResultStatement {
  readonly type: 'result'
  readonly sender: MemberIndex
  /** Digest of all packages. */
  readonly transcript: Uint8Array
  /** Digest of the group key that follows from them. */
  readonly result: Uint8Array
}

/** The sender has given up, because of these members or of its own accord (none). */
export interface AccusationStatement {
  readonly type: 'accusation'
  readonly sender: MemberIndex
  readonly phase: KeygenPhase
  readonly against: Members
}

export type Statement =
  | PackageStatement
  | EchoStatement
  | ShareStatement
  | ResultStatement
  | AccusationStatement

/**
 * Type tags, the first byte of everything that an identity key signs here. They continue those of
 * protocol §5 at a distance, so that no statement is ever a message of a round.
 */
export const STATEMENT_TAG = {
  package: 65,
  echo: 66,
  share: 67,
  result: 68,
  accusation: 69,
} as const
export const KEYGEN_VERSION = 1
/** Tag, version, committee digest and sender. */
const HEAD_BYTES = 35
export const DIGEST_BYTES = 32

declare const checked: unique symbol

/** A statement whose signature was checked; only `openStatement` makes one. */
export interface Signed<S extends Statement = Statement> {
  readonly statement: S
  /** What the signature is over; names the statement. */
  readonly digest: Uint8Array
  /** All of it, as it travels and serves as evidence. */
  readonly bytes: Uint8Array
  readonly [checked]: true
}

/** Why bytes are no statement of this key generation. All of these only a faulty peer sends. */
export type StatementFault = 'MALFORMED' | 'ATTEMPT_FOREIGN' | 'SIGNATURE_INVALID'

export type Opened =
  | { readonly type: 'opened'; readonly signed: Signed }
  | { readonly type: 'refused'; readonly code: StatementFault }

/** Canonical bytes of a statement without its signature. */
export function encodeStatement(context: KeygenContext, statement: Statement): Uint8Array {
  const writer = new Writer()
    .u8(STATEMENT_TAG[statement.type])
    .u8(KEYGEN_VERSION)
    .bytes(context.digest)
    .u8(statement.sender)
  switch (statement.type) {
    case 'package':
      for (const point of statement.commitment) writer.bytes(point)
      return writer.bytes(statement.proof).done()
    case 'echo':
      for (const digest of statement.packages) writer.bytes(digest)
      return writer.done()
    case 'share': {
      const { recipient, share } = statement
      return writer.u8(recipient).bytes(statement.package).bytes(share).done()
    }
    case 'result':
      return writer.bytes(statement.transcript).bytes(statement.result).done()
    case 'accusation':
      return writer.u8(KEYGEN_PHASES.indexOf(statement.phase)).u32(statement.against).done()
  }
}

/** What a member signs: keccak256 of the canonical bytes. */
export function digestOfStatement(context: KeygenContext, statement: Statement): Uint8Array {
  return context.crypto.keccak256(encodeStatement(context, statement))
}

/** Length in bytes of a signed statement: each type has one, given by the committee. */
export function statementBytes(context: KeygenContext, type: Statement['type']): number {
  const { size, threshold } = context
  const body = {
    package: threshold * POINT_BYTES + PROOF_BYTES,
    echo: size * DIGEST_BYTES,
    share: 1 + DIGEST_BYTES + SCALAR_BYTES,
    result: 2 * DIGEST_BYTES,
    accusation: 5,
  }
  return HEAD_BYTES + body[type] + SIGNATURE_BYTES
}

/** Type of a signed statement by its tag; null for other messages. */
export function statementTypeOf(bytes: Uint8Array): Statement['type'] | null {
  for (const type of ['package', 'echo', 'share', 'result', 'accusation'] as const) {
    if (bytes[0] === STATEMENT_TAG[type]) return type
  }
  return null
}

/** Checks form, attempt and signature, the cheap ones first. Never throws on input. */
export function openStatement(context: KeygenContext, bytes: Uint8Array): Opened {
  const type = statementTypeOf(bytes)
  if (type === null || bytes.length !== statementBytes(context, type)) return refused('MALFORMED')
  if (!equalBytes(bytes.subarray(2, HEAD_BYTES - 1), context.digest)) {
    return refused('ATTEMPT_FOREIGN')
  }
  const unsigned = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const statement = read(context, type, unsigned)
  if (statement === null) return refused('MALFORMED')
  const digest = context.crypto.keccak256(unsigned)
  const publicKey = context.identityKeys[statement.sender]
  const signature = bytes.subarray(unsigned.length)
  if (publicKey === undefined || !context.crypto.verifyMessage(signature, digest, publicKey)) {
    return refused('SIGNATURE_INVALID')
  }
  const signed = { statement, digest, bytes: bytes.slice() } as Signed
  return { type: 'opened', signed }
}

function refused(code: StatementFault): Opened {
  return { type: 'refused', code }
}

function read(
  context: KeygenContext,
  type: Statement['type'],
  unsigned: Uint8Array,
): Statement | null {
  const reader = new Reader(unsigned)
  try {
    reader.u8()
    reader.check(reader.u8() === KEYGEN_VERSION, 'an unknown version')
    reader.view(DIGEST_BYTES)
    const sender = readMember(reader, context)
    const statement = readBody(reader, { context, type, sender })
    reader.end()
    return statement
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}

function readBody(
  reader: Reader,
  head: {
    readonly context: KeygenContext
    readonly type: Statement['type']
    readonly sender: MemberIndex
  },
): Statement {
  const { context, type, sender } = head
  switch (type) {
    case 'package': {
      const commitment = readMany(reader, context.threshold, POINT_BYTES)
      return { type, sender, commitment, proof: reader.bytes(PROOF_BYTES) }
    }
    case 'echo':
      return { type, sender, packages: readMany(reader, context.size, DIGEST_BYTES) }
    case 'share': {
      const recipient = readMember(reader, context)
      const digest = reader.bytes(DIGEST_BYTES)
      return { type, sender, recipient, package: digest, share: reader.bytes(SCALAR_BYTES) }
    }
    case 'result': {
      const transcript = reader.bytes(DIGEST_BYTES)
      return { type, sender, transcript, result: reader.bytes(DIGEST_BYTES) }
    }
    case 'accusation': {
      const phase = KEYGEN_PHASES[reader.u8()]
      if (phase === undefined) throw reader.malformed('an unknown phase')
      return { type, sender, phase, against: readMembers(reader, context) }
    }
  }
}

function readMany(reader: Reader, count: number, length: number): Uint8Array[] {
  return Array.from({ length: count }, () => reader.bytes(length))
}

function readMember(reader: Reader, context: KeygenContext): MemberIndex {
  const index = reader.u8()
  reader.check(index < context.size, 'a member beyond the committee')
  return index
}

export function readMembers(reader: Reader, context: KeygenContext): Members {
  const members = reader.u32()
  reader.check(isSubset(members, context.all), 'a member beyond the committee')
  return members
}
