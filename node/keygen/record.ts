import { join } from 'node:path'
import { z } from 'zod'
import { invariant } from '../../aggregator/assert.ts'
import type { PromisedResult } from '../../aggregator/keygen/machine.ts'
import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import { OracleError } from '../errors.ts'
import { type Keystore, parseKeystore } from '../keys/keystore.ts'
import { hexBytes } from '../settings/scalars.ts'
import { createDurably, makeDirectory, readIfThere, replaceDurably } from '../store/durable-file.ts'

/** The result that this member promised, and the share that belongs to it, still unconfirmed. */
export interface KeptResult extends PromisedResult {
  readonly result: Uint8Array
  readonly keystore: Keystore
}

const SIGNATURES_FILE = 'signatures.json'

const packageSchema = z.strictObject({ package: hexBytes(32) })
const resultSchema = z.strictObject({
  transcript: hexBytes(32),
  result: hexBytes(32),
  groupKey: z.strictObject({
    publicKey: hexBytes(33),
    verifyingShares: z.array(hexBytes(33)).max(31),
    threshold: z.int(),
  }),
  keystore: z.unknown(),
})

const signaturesSchema = z.strictObject({ signatures: z.array(hexBytes(64)).max(31) })

/** What one member has promised in one attempt, on disk. */
export interface KeygenRecord {
  readonly directory: string
  readonly package: Uint8Array | null
  readonly kept: KeptResult | null
  readonly signatures: readonly Uint8Array[] | null
}

/** Where a node keeps what it promised in an attempt. */
export function recordDirectory(dataDirectory: string, committeeDigest: Uint8Array): string {
  return join(dataDirectory, 'keygen', toHex(committeeDigest.subarray(0, 16)))
}

/**
 * Promises of one attempt (protocol §10.1, §11.1): each is a file that is written once, whole and
 * durable, before what it promises leaves. A file that cannot be read counts as a promise.
 */
export class KeygenPromises {
  readonly #directory: string
  #package: Uint8Array | null
  #kept: KeptResult | null
  #signatures: readonly Uint8Array[] | null

  private constructor({ directory, package: digest, kept, signatures }: KeygenRecord) {
    this.#directory = directory
    this.#package = digest
    this.#kept = kept
    this.#signatures = signatures
  }

  /** @throws {OracleError} `KEYGEN_RECORD_DAMAGED`, `FILE_UNREADABLE`, `FILE_NOT_WRITTEN` */
  static async open(directory: string): Promise<KeygenPromises> {
    makeDirectory(directory)
    const [packageText, resultText, signaturesText] = [
      await readIfThere(join(directory, 'package.json')),
      await readIfThere(join(directory, 'result.json')),
      await readIfThere(join(directory, SIGNATURES_FILE)),
    ]
    const digest =
      packageText === null ? null : parse(directory, packageText, packageSchema).package
    const kept = resultText === null ? null : keptOf(directory, resultText)
    const signatures = signaturesText === null ? null : signaturesOf(signaturesText)
    return new KeygenPromises({ directory, package: digest, kept, signatures })
  }

  get package(): Uint8Array | null {
    return this.#package
  }

  get kept(): KeptResult | null {
    return this.#kept
  }

  /** Of all n members under the kept result, once they were here; still to be checked. */
  get signatures(): readonly Uint8Array[] | null {
    return this.#signatures
  }

  /** @throws {OracleError} `FILE_EXISTS` when another package was promised, `FILE_NOT_WRITTEN` */
  async promisePackage(digest: Uint8Array): Promise<void> {
    const text = `${JSON.stringify({ package: toHex(digest) })}\n`
    await createDurably(join(this.#directory, 'package.json'), text)
    this.#package = digest
  }

  /** @throws {OracleError} `FILE_EXISTS` when another result was promised, `FILE_NOT_WRITTEN` */
  async keepResult(kept: KeptResult): Promise<void> {
    const { transcript, result, groupKey, keystore } = kept
    const plain = {
      transcript: toHex(transcript),
      result: toHex(result),
      groupKey: {
        publicKey: toHex(groupKey.publicKey),
        verifyingShares: groupKey.verifyingShares.map(toHex),
        threshold: groupKey.threshold,
      },
      keystore,
    }
    await createDurably(join(this.#directory, 'result.json'), `${JSON.stringify(plain, null, 2)}\n`)
    this.#kept = kept
  }

  /**
   * Keeps what makes the committee exist, before its files are written: who gave it may be gone
   * when they are written at last.
   *
   * @throws {OracleError} `FILE_NOT_WRITTEN`
   */
  async keepSignatures(signatures: readonly Uint8Array[]): Promise<void> {
    const text = `${JSON.stringify({ signatures: signatures.map(toHex) })}\n`
    await replaceDurably(join(this.#directory, SIGNATURES_FILE), text)
    this.#signatures = signatures
  }

  /** Keeps evidence against a member for the operator; one file a member. */
  async keepEvidence(accused: number, evidence: Uint8Array): Promise<string> {
    const path = join(this.#directory, `evidence-${accused}.hex`)
    if ((await readIfThere(path)) === null) await createDurably(path, `${toHex(evidence)}\n`)
    return path
  }

  /** Stops whoever would sign what was not promised. */
  assertPromised(kind: 'package' | 'result', digest: Uint8Array): void {
    const promised = kind === 'package' ? this.#package : (this.#kept?.result ?? null)
    invariant(promised !== null && equalBytes(promised, digest), `the ${kind} is on disk first`)
  }
}

function keptOf(directory: string, text: string): KeptResult {
  const { keystore, ...rest } = parse(directory, text, resultSchema)
  return { ...rest, keystore: parseKeystore(JSON.stringify(keystore)) }
}

/** Null when they cannot be read: others have them, and they promise nothing. */
function signaturesOf(text: string): readonly Uint8Array[] | null {
  try {
    return signaturesSchema.parse(JSON.parse(text)).signatures
  } catch {
    return null
  }
}

function parse<T>(directory: string, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new OracleError(
      'KEYGEN_RECORD_DAMAGED',
      `what was promised in ${directory} cannot be read; begin anew with a higher keygenAttempt`,
      { context: { directory }, cause },
    )
  }
}
