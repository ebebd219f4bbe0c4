import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Handover } from '../../aggregator/handover/handover.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { OracleError } from '../errors.ts'
import { handoverDirectory } from '../keys/handover-locks.ts'
import { hexBytes } from '../settings/scalars.ts'
import { makeDirectory, readIfThere, replaceDurably } from '../store/durable-file.ts'

const whole = z.int().min(0)
const uint32 = z.int().min(0).max(0xffffffff)
/** As it is signed (protocol §11.2): numbers of other lengths are those of no hand-over. */
const handoverSchema = z.strictObject({
  epoch: uint32.min(2),
  committeeDigest: hexBytes(32),
  publicKey: hexBytes(33),
  activeFromMs: whole,
  genesisMs: whole,
  roundMs: uint32,
  includeMs: uint32,
  clockSkewMsMax: uint32,
})
const signedSchema = z.strictObject({ signedHandover: hexBytes(200) })

const approvalPath = (dataDirectory: string) =>
  join(handoverDirectory(dataDirectory), 'approval.json')

/** Where a node keeps the hand-over that its committee has signed. */
export const signedPath = (dataDirectory: string) =>
  join(handoverDirectory(dataDirectory), 'signed.json')

/**
 * What the operator of this node approved by `parallax rotate approve`; null for nothing.
 *
 * @throws {OracleError} `HANDOVER_FILE_DAMAGED`, `FILE_UNREADABLE`
 */
export async function readApproval(dataDirectory: string): Promise<Handover | null> {
  const path = approvalPath(dataDirectory)
  const text = await readIfThere(path)
  return text === null ? null : parse(path, text, handoverSchema)
}

/** @throws {OracleError} `FILE_NOT_WRITTEN` */
export async function writeApproval(dataDirectory: string, handover: Handover): Promise<void> {
  const plain = {
    ...handover,
    committeeDigest: toHex(handover.committeeDigest),
    publicKey: toHex(handover.publicKey),
  }
  await replace(approvalPath(dataDirectory), `${JSON.stringify(plain, null, 2)}\n`)
}

/** Takes back what was approved; without an approval it does nothing. */
export async function removeApproval(dataDirectory: string): Promise<void> {
  await rm(approvalPath(dataDirectory), { force: true })
}

/**
 * Wire form of a signed hand-over in a file, still to be checked; null when there is none.
 *
 * @throws {OracleError} `HANDOVER_FILE_DAMAGED`, `FILE_UNREADABLE`
 */
export async function readSigned(path: string): Promise<Uint8Array | null> {
  const text = await readIfThere(path)
  return text === null ? null : parse(path, text, signedSchema).signedHandover
}

/** @throws {OracleError} `FILE_NOT_WRITTEN` */
export async function writeSigned(path: string, bytes: Uint8Array): Promise<void> {
  await replace(path, `${JSON.stringify({ signedHandover: toHex(bytes) })}\n`)
}

async function replace(path: string, text: string): Promise<void> {
  // Of a node whose signer is another process: that one makes a directory of its own.
  makeDirectory(dirname(path))
  await replaceDurably(path, text)
}

function parse<T>(path: string, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new OracleError(
      'HANDOVER_FILE_DAMAGED',
      `${path} cannot be read; approve again, or copy signed.json from another member`,
      { context: { path }, cause },
    )
  }
}
