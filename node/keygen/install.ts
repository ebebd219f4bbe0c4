import { invariant } from '../../aggregator/assert.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import { formatCommittee } from '../config/committee-file.ts'
import type { NodeConfig } from '../config/schema.ts'
import { OracleError } from '../errors.ts'
import { createDurably, readIfThere, replaceDurably } from '../store/durable-file.ts'
import type { KeptResult, KeygenPromises } from './record.ts'

export interface InstallOptions {
  readonly config: NodeConfig
  readonly member: MemberIndex
  readonly promises: Pick<KeygenPromises, 'kept'>
  readonly committee: CommitteeFile
}

/** The kept share as a node opens it: the same ciphertext, for its purpose now. */
function keystoreText(kept: KeptResult, member: MemberIndex): string {
  const keystore = { ...kept.keystore, parallax: { purpose: 'signing-share', member } }
  return `${JSON.stringify(keystore, null, 2)}\n`
}

/**
 * Makes sure, before anything is revealed, that no other share stands where this one is to be.
 *
 * @throws {OracleError} `FILE_EXISTS`
 */
export async function checkRoom(options: {
  readonly config: NodeConfig
  readonly member: MemberIndex
  readonly kept: KeptResult | null
}): Promise<void> {
  const { config, member, kept } = options
  const path = config.keys.signingShare
  const text = await readIfThere(path)
  if (text === null || (kept !== null && text === keystoreText(kept, member))) return
  throw new OracleError(
    'FILE_EXISTS',
    `${path} holds a signing share; move it away, or change keys.signingShare`,
    { context: { path } },
  )
}

/**
 * Writes the signing share, then the committee file: what a node needs to run. Both whole and
 * durable; after a crash in between, or when there is no room, the next run does the rest alone.
 *
 * @throws {OracleError} `FILE_EXISTS`, `FILE_NOT_WRITTEN`
 */
export async function install(options: InstallOptions): Promise<void> {
  const { config, member, promises, committee } = options
  const { kept } = promises
  invariant(kept !== null, 'a share is kept before its key exists')
  const path = config.keys.signingShare
  const isThere = (await readIfThere(path)) !== null
  if (!isThere) await createDurably(path, keystoreText(kept, member))
  await replaceDurably(config.committee, formatCommittee(committee))
}
