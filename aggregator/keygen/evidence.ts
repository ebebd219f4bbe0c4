import { equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader, Writer } from '../values/codec.ts'
import type { MemberIndex } from '../values/ids.ts'
import type { KeygenContext } from './context.ts'
import { groupKeyOf, isPackageSound, isShareSound } from './polynomial.ts'
import { resultOf, transcriptOf } from './result.ts'
import {
  DIGEST_BYTES,
  KEYGEN_VERSION,
  openStatement,
  type PackageStatement,
  type ShareStatement,
  type Signed,
  type Statement,
} from './statements.ts'

/** What makes a member guilty; position in the list is the byte on the wire. */
export const EVIDENCE_KINDS = ['contradiction', 'package', 'share', 'result'] as const

/**
 * Signed statements of one member that no honest member makes. Anybody with the parameters can
 * judge them; who brings them does not matter.
 * - `contradiction`: two statements that exclude each other.
 * - `package`: one whose commitments or proof are wrong.
 * - `share`: its package, and a share that does not fit it, revealed by the victim.
 * - `result`: a result, then all n packages, from which another result follows.
 */
export interface Evidence {
  readonly kind: (typeof EVIDENCE_KINDS)[number]
  readonly accused: MemberIndex
  readonly statements: readonly Signed[]
}

export const EVIDENCE_TAG = 70

/** Whether two statements of one member cannot both come from an honest one. */
export function contradicts(context: KeygenContext, first: Signed, second: Signed): boolean {
  if (first.statement.sender !== second.statement.sender) return false
  if (equalBytes(first.digest, second.digest)) return false
  return excludes(context, first, second) || excludes(context, second, first)
}

function excludes(
  context: KeygenContext,
  { statement: a, digest }: Signed,
  { statement: b }: Signed,
): boolean {
  // A member makes one package, echo and result in an attempt, and one share for each recipient.
  if (a.type === b.type) return isOnlyOne(a, b)
  if (a.type === 'echo' && b.type === 'result') {
    return !equalBytes(transcriptOf(context, a.packages), b.transcript)
  }
  if (a.type !== 'package') return false
  if (b.type === 'echo') return !equalBytes(b.packages[a.sender] ?? digest, digest)
  return b.type === 'share' && !equalBytes(b.package, digest)
}

function isOnlyOne(a: Statement, b: Statement): boolean {
  if (a.type === 'share' && b.type === 'share') return a.recipient === b.recipient
  return a.type !== 'accusation'
}

/** Whether the statements convict the accused. */
export function isConclusive(context: KeygenContext, evidence: Evidence): boolean {
  const { kind, accused, statements } = evidence
  const [first, second, ...rest] = statements
  if (first === undefined || first.statement.sender !== accused) return false
  switch (kind) {
    case 'contradiction':
      return second !== undefined && rest.length === 0 && contradicts(context, first, second)
    case 'package':
      return second === undefined && isPackageFaulty(first)
    case 'share':
      return second !== undefined && rest.length === 0 && isShareFaulty(first, second)
    case 'result':
      return isResultFaulty(context, first, statements.slice(1))
  }
}

function isPackageFaulty({ statement }: Signed): boolean {
  return statement.type === 'package' && !isPackageSound(statement.sender, statement)
}

function isShareFaulty(first: Signed, second: Signed): boolean {
  const [held, share] = [first.statement, second.statement]
  if (held.type !== 'package' || share.type !== 'share' || held.sender !== share.sender)
    return false
  return equalBytes(share.package, first.digest) && !fits(held, share)
}

/** Whether a share is what the sender's package promises its recipient. */
export function fits(held: PackageStatement, share: ShareStatement): boolean {
  return isShareSound(held.commitment, share.recipient, share.share)
}

function isResultFaulty(
  context: KeygenContext,
  { statement }: Signed,
  packages: readonly Signed[],
): boolean {
  if (statement.type !== 'result' || packages.length !== context.size) return false
  const commitments = packages.flatMap(({ statement: each }, index) =>
    each.type === 'package' && each.sender === index ? [each.commitment] : [],
  )
  if (commitments.length !== context.size) return false
  const transcript = transcriptOf(
    context,
    packages.map(({ digest }) => digest),
  )
  // Before the key, which takes a fifth of a second of 31 members.
  if (!equalBytes(statement.transcript, transcript)) return false
  const groupKey = groupKeyOf(commitments, context.threshold)
  return (
    groupKey !== null && !equalBytes(statement.result, resultOf(context, { transcript, groupKey }))
  )
}

/** Canonical bytes: tag, version, committeeDigest, kind, accused, then each with its length. */
export function encodeEvidence(context: KeygenContext, evidence: Evidence): Uint8Array {
  const { kind, accused, statements } = evidence
  const writer = new Writer().u8(EVIDENCE_TAG).u8(KEYGEN_VERSION).bytes(context.digest)
  writer.u8(EVIDENCE_KINDS.indexOf(kind)).u8(accused).u8(statements.length)
  for (const { bytes } of statements) writer.u16(bytes.length).bytes(bytes)
  return writer.done()
}

/** Reads evidence and judges it; null when it convicts nobody. Never throws on input. */
export function openEvidence(context: KeygenContext, bytes: Uint8Array): Evidence | null {
  try {
    const evidence = read(context, new Reader(bytes))
    return evidence !== null && isConclusive(context, evidence) ? evidence : null
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}

function read(context: KeygenContext, reader: Reader): Evidence | null {
  reader.check(reader.u8() === EVIDENCE_TAG, 'no evidence')
  reader.check(reader.u8() === KEYGEN_VERSION, 'an unknown version')
  reader.check(equalBytes(reader.view(DIGEST_BYTES), context.digest), 'another attempt')
  const kind = EVIDENCE_KINDS[reader.u8()]
  if (kind === undefined) return null
  const accused = reader.u8()
  const count = reader.u8()
  reader.check(count <= context.size + 1, 'too many statements')
  const statements: Signed[] = []
  for (let position = 0; position < count; position++) {
    const opened = openStatement(context, reader.view(reader.u16()))
    if (opened.type === 'refused') return null
    statements.push(opened.signed)
  }
  reader.end()
  return { kind, accused, statements }
}
