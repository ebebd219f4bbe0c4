import type { Committee } from '../committee/committee.ts'
import type { Crypto } from '../signing/crypto.ts'
import { ascii, concat, equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader, Writer } from '../values/codec.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'

/** What one committee says of the next (protocol §11.2): exactly what the contract verifies. */
export interface Handover {
  /** Number that the next committee will have on the contract; the first has 1. */
  readonly epoch: number
  /** committeeDigest of the next committee. */
  readonly committeeDigest: Uint8Array
  /** Its compressed group key, 33 bytes. */
  readonly publicKey: Uint8Array
  /** When its term begins and that of the committee that signs ends. */
  readonly activeFromMs: UnixMs
  readonly genesisMs: UnixMs
  readonly roundMs: DurationMs
  readonly includeMs: DurationMs
  readonly clockSkewMsMax: DurationMs
}

/** A hand-over with the signature of the committee in office, 65 bytes. */
export interface SignedHandover {
  readonly handover: Handover
  readonly signature: Uint8Array
}

/**
 * How long after its activeFromMs an approval still makes a member lock: as long as the settlements
 * around a switch have room for (ADR 0115), and three hundred windows of the agreement. Who locks
 * later ends a term in the past, with whatever expired since.
 */
export const APPROVAL_ENDS_MS: DurationMs = 600_000

/** Whether an approval is void that this member has not locked (protocol §11.2). */
export function hasLapsed(
  { activeFromMs }: Pick<Handover, 'activeFromMs'>,
  nowMs: UnixMs,
): boolean {
  return nowMs >= activeFromMs + APPROVAL_ENDS_MS
}

const TAG = ascii('parallax.handover.1')
const HANDOVER_BYTES = 101
const SIGNATURE_BYTES = 65
const VERSION = 1

/** First byte of a signed hand-over on the wire. */
export const SIGNED_HANDOVER_TAG = 80

/** The hand-over to a committee; the caller checks it with `successionProblems`. */
export function handoverTo(
  next: Pick<Committee, 'params' | 'digest' | 'groupKey'>,
  when: Pick<Handover, 'epoch' | 'activeFromMs'>,
): Handover {
  const { roundMs, includeMs, clockSkewMsMax } = next.params.timing
  return {
    epoch: when.epoch,
    committeeDigest: next.digest,
    publicKey: next.groupKey.publicKey,
    activeFromMs: when.activeFromMs,
    genesisMs: next.params.genesisMs,
    roundMs,
    includeMs,
    clockSkewMsMax,
  }
}

function writeHandover(writer: Writer, handover: Handover): Writer {
  return writer
    .u64(handover.epoch)
    .bytes(handover.committeeDigest)
    .bytes(handover.publicKey)
    .u64(handover.activeFromMs)
    .u64(handover.genesisMs)
    .u32(handover.roundMs)
    .u32(handover.includeMs)
    .u32(handover.clockSkewMsMax)
}

function readHandover(reader: Reader): Handover {
  return {
    epoch: reader.u64(),
    committeeDigest: reader.bytes(32),
    publicKey: reader.bytes(33),
    activeFromMs: reader.u64(),
    genesisMs: reader.u64(),
    roundMs: reader.u32(),
    includeMs: reader.u32(),
    clockSkewMsMax: reader.u32(),
  }
}

/**
 * The 32 bytes that the committee signs: keccak256("parallax.handover.1" ‖ epoch u64 ‖
 * committeeDigest ‖ publicKey 33 ‖ activeFromMs u64 ‖ genesisMs u64 ‖ roundMs u32 ‖ includeMs u32 ‖
 * skew u32), as `handoverMessage` of the contract.
 */
export function handoverMessageOf(keccak256: Crypto['keccak256'], handover: Handover): Uint8Array {
  return keccak256(concat(TAG, writeHandover(new Writer(), handover).done()))
}

/** Wire form: tag ‖ version ‖ digest of the committee that signed ‖ hand-over ‖ signature. */
export function encodeSignedHandover(
  by: Pick<Committee, 'digest'>,
  { handover, signature }: SignedHandover,
): Uint8Array {
  const writer = new Writer().u8(SIGNED_HANDOVER_TAG).u8(VERSION).bytes(by.digest)
  return writeHandover(writer, handover).bytes(signature).done()
}

/** Length of a signed hand-over in bytes. */
const SIGNED_HANDOVER_BYTES = 34 + HANDOVER_BYTES + SIGNATURE_BYTES

/**
 * Reads a signed hand-over and checks that this committee signed it; null otherwise. Never throws
 * on input.
 */
export function openSignedHandover(
  crypto: Pick<Crypto, 'keccak256' | 'threshold'>,
  by: Pick<Committee, 'digest' | 'groupKey'>,
  bytes: Uint8Array,
): SignedHandover | null {
  if (bytes.length !== SIGNED_HANDOVER_BYTES) return null
  try {
    const reader = new Reader(bytes)
    reader.check(reader.u8() === SIGNED_HANDOVER_TAG, 'no signed hand-over')
    reader.check(reader.u8() === VERSION, 'an unknown version')
    reader.check(equalBytes(reader.view(32), by.digest), 'another committee')
    const handover = readHandover(reader)
    const signature = reader.bytes(SIGNATURE_BYTES)
    reader.end()
    const message = handoverMessageOf(crypto.keccak256, handover)
    const isSigned = crypto.threshold.verify(by.groupKey.publicKey, message, signature)
    return isSigned ? { handover, signature } : null
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}
