import { constants } from 'node:fs'
import { access, lstat, open, readdir, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DurationMs } from '../../../aggregator/values/time.ts'
import { JOURNAL_FILE } from '../../compose/store.ts'
import { codeOf } from '../../errors.ts'
import { JOURNAL_BYTES_MAX } from '../../store/journal.ts'
import { isDirectoryHeld, noDirectory } from '../../store/lock.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { fault, findingOf, ok, warning } from '../finding.ts'

const DIRECTORY = 'data directory'
const SPACE = 'disk space'
const SYNC = 'disk sync'

/** A promise is a record of so many bytes; as many of them are written as a node writes in 8 s. */
const RECORD_BYTES = 64
const SYNCS = 16
/** Files of a node at most; a directory with more is not looked through. */
const FILES_MAX = 64
/** With less than this, promises are the next thing that does not fit. */
const FREE_BYTES_MIN = 67_108_864
const MIB = 1_048_576

/** Writes a file of its own and removes it; what a running node holds is not touched. */
export const dataDirectory: Check = {
  name: DIRECTORY,
  reach: 'machine',
  examine: async ({ config, committee }) => {
    const path = config.dataDirectory
    try {
      const isHeld = isDirectoryHeld(path)
      if (await isSomethingElse(path))
        return { findings: [findingOf(DIRECTORY, 'fault', noDirectory(path))] }
      const place = await nearestDirectory(path)
      const foreign = place === path ? await foreignFile(path) : null
      const syncMs = await timeSyncs(place)
      const space = await spaceAt(path, place)
      const roundMs = committee?.params.timing.roundMs ?? null
      return {
        findings: [
          directoryFinding({ path, place, isHeld, foreign }),
          spaceFinding(space),
          syncFinding(syncMs, roundMs),
        ],
        facts: { isHeld },
      }
    } catch (error) {
      return { findings: [unusableFinding(path, error)] }
    }
  },
}

export function directoryFinding(seen: {
  readonly path: string
  /** Itself, or the nearest one above it that is there. */
  readonly place: string
  readonly isHeld: boolean
  /** A file in it that this user cannot read and write. */
  readonly foreign: string | null
}): Finding {
  const { path, place, isHeld, foreign } = seen
  if (foreign !== null) {
    return fault(DIRECTORY, {
      code: 'DATA_DIRECTORY_UNUSABLE',
      seen: `${foreign} belongs to somebody else`,
      advice: 'run node and doctor as one user, or give that file to the user of the node: chown',
    })
  }
  if (place !== path) return ok(DIRECTORY, `${path} will be made; ${place} is writable`)
  return ok(DIRECTORY, isHeld ? `${path} is in use by a process` : `${path} is writable and free`)
}

export function spaceFinding(seen: {
  readonly freeBytes: number
  readonly journalBytes: number
}): Finding {
  const free = `${mebibytes(seen.freeBytes)} MiB are free`
  const growth = Math.max(0, JOURNAL_BYTES_MAX - seen.journalBytes)
  if (seen.freeBytes < FREE_BYTES_MIN) {
    const advice = 'make room: a node without it cannot promise, and stops'
    return fault(SPACE, { code: 'DISK_SPACE_LOW', seen: free, advice })
  }
  if (seen.freeBytes >= growth + FREE_BYTES_MIN) return ok(SPACE, free)
  return warning(SPACE, {
    code: 'DISK_SPACE_LOW',
    seen: `${free}, and the journal may still grow by ${mebibytes(growth)} MiB`,
    advice: 'make room, or move dataDirectory to another disk while the node is stopped',
  })
}

/** @param roundMs null when no committee says how long a round is */
export function syncFinding(syncMs: readonly DurationMs[], roundMs: DurationMs | null): Finding {
  const rising = syncMs.toSorted((a, b) => a - b)
  const median = rising[Math.floor((rising.length - 1) / 2)] ?? 0
  const worst = rising.at(-1) ?? 0
  const typical = `${tenths(median)} ms (median of ${rising.length} writes)`
  const seen = `fdatasync takes ${typical}, the slowest ${tenths(worst)} ms`
  if (roundMs === null || worst < roundMs) return ok(SYNC, seen)
  return warning(SYNC, {
    code: 'DISK_SYNC_SLOW',
    seen: `${seen}; a round takes ${roundMs} ms, and promises are on the disk within one`,
    advice: 'use a faster disk, or one that nobody else keeps busy',
  })
}

export function unusableFinding(path: string, error: unknown): Finding {
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const advice = 'make room: a node without it cannot promise, and stops'
    return fault(SPACE, { code: 'DISK_SPACE_LOW', seen: `${path}: the disk is full`, advice })
  }
  if (code === 'DATA_DIRECTORY_UNUSABLE') return findingOf(DIRECTORY, 'fault', error)
  return fault(DIRECTORY, {
    code: 'DATA_DIRECTORY_UNUSABLE',
    seen: `cannot write in ${path} (${code})`,
    advice: 'check its owner and its rights, and that its disk is not read-only',
  })
}

/** Whether there is a file at this path, or a link that leads nowhere. */
async function isSomethingElse(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  if (found !== null) return !found.isDirectory()
  return (await lstat(path).catch(() => null)) !== null
}

async function nearestDirectory(path: string): Promise<string> {
  const facts = await stat(path).catch(() => null)
  if (facts !== null || dirname(path) === path) return path
  return await nearestDirectory(dirname(path))
}

async function foreignFile(path: string): Promise<string | null> {
  const entries = await readdir(path, { withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile()).slice(0, FILES_MAX)) {
    const file = join(path, entry.name)
    const code = await access(file, constants.R_OK | constants.W_OK).then(
      () => null,
      (error: unknown) => codeOf(error),
    )
    // Files of a running node come and go.
    if (code !== null && code !== 'ENOENT') return file
  }
  return null
}

async function timeSyncs(place: string): Promise<readonly DurationMs[]> {
  const path = join(place, `.doctor-${process.pid}`)
  const file = await open(path, 'wx', 0o600)
  try {
    const record = Buffer.alloc(RECORD_BYTES)
    const took: DurationMs[] = []
    while (took.length < SYNCS) {
      await file.write(record)
      const startMs = performance.now()
      await file.datasync()
      took.push(performance.now() - startMs)
    }
    return took
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

async function spaceAt(path: string, place: string) {
  const { bavail, bsize } = await statfs(place)
  const journal = await stat(join(path, JOURNAL_FILE)).catch(() => null)
  return { freeBytes: bavail * bsize, journalBytes: journal?.size ?? 0 }
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / MIB)
}

function tenths(ms: DurationMs): string {
  return ms.toFixed(1)
}
