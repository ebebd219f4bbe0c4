import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { Spending, spendingPath } from '../../chain/spending.ts'
import { JOURNAL_FILE } from '../../compose/store.ts'
import type { NodeConfig } from '../../config/schema.ts'
import { codeOf } from '../../errors.ts'
import { readApproval, readSigned, signedPath } from '../../handover/files.ts'
import { handoverDirectory, readLocks } from '../../keys/handover-locks.ts'
import { corrupt, foreign } from '../../keys/promise-errors.ts'
import { diskFiles, promisesPath } from '../../keys/promise-file.ts'
import { recover, reservedBy, standingOf } from '../../keys/promise-records.ts'
import { JournalReader } from '../../store/journal-reader.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { findingOf, ok, unchecked, warning } from '../finding.ts'

/**
 * Reads what an earlier process left, as the next start will: a file of another version, or a
 * damaged one, is better known while the old node still runs. What is not there is not missed.
 */
export const kept: Check = {
  name: 'kept files',
  reach: 'machine',
  examine: async ({ config }) => {
    const found = await Promise.all([
      promisesFinding(promisingDirectory(config)),
      journalFinding(join(config.dataDirectory, JOURNAL_FILE)),
      ...handoverFindings(config),
      ...config.chains.map(({ name }) => spendingFinding(name, config.dataDirectory)),
    ])
    return { findings: found.filter((each) => each !== null) }
  },
}

/** Where promises and locks are: with the signer, where it is a process of its own. */
function promisingDirectory({ keys, dataDirectory }: NodeConfig): string {
  return keys.signer?.directory ?? dataDirectory
}

async function promisesFinding(directory: string): Promise<Finding | null> {
  const path = promisesPath(directory)
  return await looked('promises', path, async () => {
    const recovery = recover(await diskFiles.read(path))
    switch (recovery.type) {
      case 'corrupt':
        throw corrupt(path, recovery.position)
      case 'foreign':
        throw foreign(path, recovery.position)
      case 'unborn':
        return null
      case 'recovered': {
        const { records } = recovery
        const upTo = Math.max(standingOf(records).watermark, reservedBy(records))
        return ok('promises', `${path} is sound: rounds up to ${upTo}`)
      }
    }
  })
}

async function journalFinding(path: string): Promise<Finding | null> {
  return await looked('journal', path, () => {
    new JournalReader(path).close()
    return ok('journal', `${path} is of this version`)
  })
}

function handoverFindings(config: NodeConfig): Promise<Finding | null>[] {
  const { dataDirectory } = config
  const directory = handoverDirectory(promisingDirectory(config))
  const locks = looked('hand-over locks', directory, async () => {
    const epochs = (await readLocks(directory)).map(({ epoch }) => epoch)
    return epochs.length === 0
      ? null
      : ok('hand-over locks', `signed for epoch ${epochs.sort((a, b) => a - b).join(', ')}`)
  })
  const others = looked('hand-over', handoverDirectory(dataDirectory), async () => {
    await readApproval(dataDirectory)
    await readSigned(signedPath(dataDirectory))
    return null
  })
  return [locks, others]
}

async function spendingFinding(name: string, dataDirectory: string): Promise<Finding | null> {
  const check = `spending ${name}`
  try {
    await new Spending({ file: spendingPath(dataDirectory, name) }).load()
    return null
  } catch (error) {
    const { code, seen } = findingOf(check, 'warning', error)
    const advice =
      'repair its rights, or move it away to begin at zero: until then the ceiling of a day ' +
      'counts as spent on this chain'
    return warning(check, { code, seen, advice })
  }
}

/** Null where nothing is, also where nothing can be: the data directory's check says so. */
async function looked(
  check: string,
  path: string,
  look: () => Finding | null | Promise<Finding | null>,
): Promise<Finding | null> {
  try {
    const reason = await access(path, constants.R_OK).then(() => null, codeOf)
    if (reason === 'EACCES') return unchecked(check, `this user may not read ${path}`)
    return reason === null ? await look() : null
  } catch (error) {
    return findingOf(check, 'fault', error)
  }
}
