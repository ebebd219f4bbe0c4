import { z } from 'zod'
import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Evidence } from '../../aggregator/messages/messages.ts'
import { equalBytes, fromHex, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import { CONFLICT_KINDS, type ConflictKind, judgePair, kindOf } from './judge.ts'
import { judgeOne, type LoneJudgement } from './judge-one.ts'

/** Names the layout of an evidence file; another layout gets another name. */
export const EVIDENCE_FORMAT = 'parallax.evidence.1'

/** Largest file that is read: 31 members, two proposals of the largest committee each, as text. */
export const EVIDENCE_FILE_BYTES_MAX = 33_554_432

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/, 'must be lower-case hexadecimal')

const entrySchema = z.strictObject({
  accused: z.int().min(0).max(30),
  /** Compressed public key: names the member without the committee file. */
  identityKey: hex,
  round: z.int().min(0),
  kind: z.enum(CONFLICT_KINDS),
  messages: z.tuple([hex, hex]),
})

/** An evidence file, as the API serves it too. */
export const evidenceFileSchema = z.strictObject({
  format: z.literal(EVIDENCE_FORMAT),
  network: z.string(),
  committeeDigest: hex,
  evidence: z.array(entrySchema).max(31),
})

/** Evidence as it is handed on: everything but the committee file that it is checked against. */
export type EvidenceFile = z.output<typeof evidenceFileSchema>
export type EvidenceEntry = EvidenceFile['evidence'][number]

/** Why an entry is not proven: the messages convict nobody, or not of what the entry says. */
export type UnprovenCode =
  | Extract<LoneJudgement, { type: 'acquits' }>['code']
  | 'COMMITTEE_OTHER'
  | 'STATED_OTHERWISE'

/** What one entry of a file proves. */
export type Proof =
  | {
      readonly type: 'proven'
      readonly accused: number
      readonly identityKey: string
      readonly round: number
      readonly kind: ConflictKind | 'COMMITMENT_OFF_CURVE'
    }
  | { readonly type: 'unproven'; readonly code: UnprovenCode; readonly reason: string }

/** Evidence that was verified, as a file; it may be empty. */
export function evidenceFileOf(committee: Committee, held: readonly Evidence[]): EvidenceFile {
  const { params, digest } = committee
  return {
    format: EVIDENCE_FORMAT,
    network: params.network,
    committeeDigest: toHex(digest),
    evidence: held.map((evidence): EvidenceEntry => {
      const { accused, round, messages } = evidence
      const identityKey = keyOf(committee, accused)
      const kind = kindOf(committee, evidence)
      return {
        accused,
        identityKey,
        round,
        kind,
        messages: [toHex(messages[0]), toHex(messages[1])],
      }
    }),
  }
}

/** @throws {OracleError} `FILE_NOT_EVIDENCE` */
export function parseEvidenceFile(text: string): EvidenceFile {
  try {
    return evidenceFileSchema.parse(JSON.parse(text))
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : []
    const reason = issue === undefined ? 'no JSON' : `${issue.path.join('.')}: ${issue.message}`
    throw new OracleError(
      'FILE_NOT_EVIDENCE',
      `this is no file of the form ${EVIDENCE_FORMAT} (${reason}); export it again`,
      { context: { reason }, cause },
    )
  }
}

/** Judges every entry of a file again; what a file states counts for nothing by itself. */
export function proofsOf(context: Context, file: EvidenceFile): readonly Proof[] {
  return file.evidence.map((entry) => proofOf(context, file, entry))
}

function proofOf(context: Context, file: EvidenceFile, entry: EvidenceEntry): Proof {
  const { committee } = context
  if (!equalBytes(fromHex(file.committeeDigest), committee.digest)) {
    const own = toHex(committee.digest)
    const reason = `the file is of committee ${file.committeeDigest}, not ${own}`
    return { type: 'unproven', code: 'COMMITTEE_OTHER', reason }
  }
  const [first, second] = entry.messages
  const proof = proofOfPair(context, [fromHex(first), fromHex(second)])
  if (proof.type === 'unproven') return proof
  const stated = (['accused', 'identityKey', 'round', 'kind'] as const).find(
    (field) => proof[field] !== entry[field],
  )
  if (stated === undefined) return proof
  const reason = `the file says ${stated} ${entry[stated]}, its messages say ${proof[stated]}`
  return { type: 'unproven', code: 'STATED_OTHERWISE', reason }
}

/** What two messages in their wire form prove. */
export function proofOfPair(context: Context, pair: readonly [Uint8Array, Uint8Array]): Proof {
  const judgement = judgePair(context, pair)
  if (judgement.type === 'acquits') {
    return { type: 'unproven', code: judgement.code, reason: judgement.reason }
  }
  const { accused, round, kind } = judgement
  return { type: 'proven', accused, identityKey: keyOf(context.committee, accused), round, kind }
}

/** What one message in its wire form proves. */
export function proofOfOne(context: Context, bytes: Uint8Array): Proof {
  const judgement = judgeOne(context, bytes)
  if (judgement.type === 'acquits') {
    return { type: 'unproven', code: judgement.code, reason: judgement.reason }
  }
  const { accused, round } = judgement
  const identityKey = keyOf(context.committee, accused)
  return { type: 'proven', accused, identityKey, round, kind: 'COMMITMENT_OFF_CURVE' }
}

function keyOf({ params }: Committee, member: MemberIndex): string {
  return toHex(params.members[member]?.identityKey ?? new Uint8Array(0))
}
