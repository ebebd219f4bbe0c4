import { z } from 'zod'
import type { SigningSession } from '../../aggregator/signing/threshold.ts'
import { fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { OracleError } from '../errors.ts'
import { HANDOVER_LOCKS_MAX } from '../keys/handover-locks.ts'
import { LineCutter } from '../line-cutter.ts'

/** Raised with every change of what goes over the socket; both sides must be of one version. */
export const SIGNER_PROTOCOL = 4
/**
 * Body of the longest message, in bytes: a proposal with all late notices and two pieces of
 * evidence against members that observe 1,024 feeds.
 */
const BODY_BYTES_MAX = 80_000
/** The largest request holds such a body, as hexadecimal. */
const LINE_BYTES_MAX = 2 * BODY_BYTES_MAX + 1_024
/** Requests of one connection that wait for their answer; a round makes about ten. */
export const WAITING_MAX = 256

const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const uint32 = z.int().min(0).max(0xffffffff)
const round = whole
const members = z.int().min(0).max(0x7fffffff)
const hex = (bytesMin: number, bytesMax: number) =>
  z
    .string()
    .min(2 * bytesMin)
    .max(2 * bytesMax)
    .regex(/^(?:[0-9a-f]{2})*$/)
    .transform((text): Uint8Array => fromHex(text))
const digest = hex(32, 32)
const kind = z.enum(['observation', 'late', 'proposal0', 'proposal1', 'share'])
const promise = z.strictObject({ round, kind, digest })
const commitment = z.strictObject({ hiding: hex(33, 33), binding: hex(33, 33) })
const session = z.strictObject({
  message: digest,
  signingSet: members,
  commitments: z.array(commitment).max(31),
})
const share = z.strictObject({
  round,
  slot: z.int().min(0).max(2),
  reportDigest: digest,
  expectedNext: members,
  session,
})

const lock = z.strictObject({ epoch: uint32.min(2), message: digest })
const handover = z.strictObject({
  epoch: whole,
  committeeDigest: digest,
  publicKey: hex(33, 33),
  activeFromMs: whole,
  genesisMs: whole,
  roundMs: uint32,
  includeMs: uint32,
  clockSkewMsMax: uint32,
})
const handoverShare = z.strictObject({ attempt: whole, handover, session })
/** Canonical bytes of the longest statement: a session of 21 offers, see `statements.ts`. */
const statement = hex(75, 8_192)

const request = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), protocol: z.literal(SIGNER_PROTOCOL) }),
  z.strictObject({ type: z.literal('status') }),
  z.strictObject({ type: z.literal('persist'), promise }),
  z.strictObject({ type: z.literal('signMessage'), body: hex(43, BODY_BYTES_MAX) }),
  z.strictObject({ type: z.literal('signHandshake'), data: hex(1, 4_096) }),
  z.strictObject({ type: z.literal('commitments'), round }),
  z.strictObject({ type: z.literal('signShare'), share }),
  z.strictObject({ type: z.literal('eraseNonces'), upTo: round }),
  z.strictObject({ type: z.literal('commitHandover'), attempt: whole }),
  z.strictObject({ type: z.literal('lockHandover'), lock }),
  z.strictObject({ type: z.literal('signHandover'), share: handoverShare }),
  z.strictObject({ type: z.literal('signStatement'), statement }),
])
const numberedRequest = z.strictObject({ id: z.int().min(0), request })

const code = z.string().regex(/^[A-Z][A-Z0-9_]{1,63}$/)
const status = z.strictObject({
  watermark: round,
  /** Nothing is promised or signed in rounds up to this one. */
  barrier: round,
  /** Requests refused since the start, by code. */
  refused: z.record(code, z.int().min(0)),
  /** Hand-overs that the signer is locked to (protocol §11.2). */
  locks: z.array(lock).max(HANDOVER_LOCKS_MAX),
})
const answer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    committeeDigest: digest,
    identityKey: hex(33, 33),
    status,
  }),
  z.strictObject({ type: z.literal('status'), status }),
  z.strictObject({ type: z.literal('done') }),
  z.strictObject({ type: z.literal('signature'), bytes: hex(8, 128) }),
  z.strictObject({
    type: z.literal('commitments'),
    pairs: z.tuple([commitment, commitment, commitment]),
  }),
  z.strictObject({ type: z.literal('commitment'), pair: commitment }),
  z.strictObject({ type: z.literal('refused'), code }),
])
const numberedAnswer = z.strictObject({ id: z.int().min(0), answer })

/** What a node asks of its signer. Bytes are `Uint8Array` on both sides and hexadecimal between. */
export type SignerRequest = z.output<typeof request>
export type SignerAnswer = z.output<typeof answer>
export type SignerStatus = z.output<typeof status>
export type NumberedRequest = z.output<typeof numberedRequest>
export type NumberedAnswer = z.output<typeof numberedAnswer>

/** @throws {OracleError} `SIGNER_MESSAGE_INVALID` */
export function readRequest(line: string): NumberedRequest {
  return read(numberedRequest, line)
}

/** @throws {OracleError} `SIGNER_MESSAGE_INVALID` */
export function readAnswer(line: string): NumberedAnswer {
  return read(numberedAnswer, line)
}

/** One line of JSON, without its end. */
export function writeLine(message: NumberedRequest | NumberedAnswer): string {
  return JSON.stringify(message, (_key, value) =>
    value instanceof Uint8Array ? toHex(value) : value,
  )
}

/** The same session without anything that its type does not name. */
export function plainSession(session: SigningSession) {
  const { message, signingSet, commitments } = session
  return {
    message,
    signingSet,
    commitments: commitments.map(({ hiding, binding }) => ({ hiding, binding })),
  }
}

/** Cuts what comes over the socket into lines. */
export class LineReader {
  readonly #cutter = new LineCutter(LINE_BYTES_MAX)

  /** The lines that this piece ends. @throws {OracleError} `SIGNER_MESSAGE_INVALID` */
  take(text: string): readonly string[] {
    const lines = this.#cutter.take(text)
    if (lines === null) throw invalid()
    return lines
  }
}

function read<T>(schema: z.ZodType<T>, line: string): T {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw invalid()
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw invalid()
  return parsed.data
}

function invalid(): OracleError {
  return new OracleError(
    'SIGNER_MESSAGE_INVALID',
    'node and signer do not understand each other; run both from one release',
  )
}
