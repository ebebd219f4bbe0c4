import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OracleError } from '../../node/errors.ts'
import { Journal } from '../../node/store/journal.ts'
import { type PastEntry, weightOf } from '../../node/store/journal-entries.ts'
import { JournalReader } from '../../node/store/journal-reader.ts'
import { certificateEntry, RUN, shareEntry, stepEntry } from './journal-support.ts'

const CHILD = fileURLToPath(new URL('./journal-child.ts', import.meta.url))

let directory: string
let journals: Journal[] = []
let health: (string | null)[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-journal-'))
  health = []
})
afterEach(async () => {
  for (const journal of journals) await journal.stop()
  journals = []
  rmSync(directory, { recursive: true })
})

const path = () => join(directory, 'journal.sqlite')

async function start(options: { readonly waitingBytesMax?: number } = {}): Promise<Journal> {
  const onHealth = (failure: OracleError | null) => health.push(failure?.code ?? null)
  const journal = new Journal({ path: path(), run: RUN, ...options }, { onHealth })
  journals.push(journal)
  await journal.start()
  return journal
}

function roundsWritten(file = path()): readonly number[] {
  const reader = new JournalReader(file)
  const rounds = reader.rounds()
  reader.close()
  return rounds === null ? [] : [rounds.from, rounds.to]
}

/** So many points of a past, counted as they are taken. */
function* pointsOf(count: number, onTaken: () => void = () => undefined): Generator<PastEntry> {
  for (let point = 1; point <= count; point++) {
    onTaken()
    const times = { pointMs: point, openedMs: point, keepFromMs: 0 }
    yield { table: 'past', derived: 1, feed: 0, value: 7n, ...times }
  }
}

function pointsWritten(): number {
  const reader = new JournalReader(path())
  const { length } = reader.past(RUN.committeeDigest)
  reader.close()
  return length
}

describe('a past that is more than may wait for the disk', () => {
  const WAITING_MAX = 1_000
  const waitingBytesMax = WAITING_MAX * weightOf([...pointsOf(1)][0] as PastEntry)

  it('is taken as the disk takes it, and leaves room for what happens meanwhile', async () => {
    const journal = await start({ waitingBytesMax })
    let taken = 0
    journal.appendInTurn(pointsOf(5_000, () => (taken += 1)))
    expect(taken).toBeLessThanOrEqual(WAITING_MAX / 2)
    for (let round = 1; round <= 100; round++) journal.append(shareEntry({ round }))
    await journal.flush()
    expect(journal.status()).toMatchObject({ written: 5_100, lost: 0, failure: null })
    expect([pointsWritten(), roundsWritten(), health]).toEqual([5_000, [1, 100], []])
  })

  it('is written to its end before the journal stops', async () => {
    const journal = await start({ waitingBytesMax })
    journal.appendInTurn(pointsOf(5_000))
    await journal.stop()
    expect(pointsWritten()).toBe(5_000)
  })

  it('counts as lost without a writer', async () => {
    const journal = await start({ waitingBytesMax })
    await journal.stop()
    journal.appendInTurn(pointsOf(5_000))
    expect(journal.status()).toMatchObject({ lost: 5_000 })
  })
})

describe('the journal and its writer thread', () => {
  it('writes in the background and can be read meanwhile', async () => {
    const journal = await start()
    for (let round = 1; round <= 3_000; round++) {
      journal.append(shareEntry({ round }))
      journal.append(stepEntry(round, new Uint8Array(2)))
    }
    journal.append(certificateEntry(3_000, true))
    expect(journal.status().waiting).toBe(6_001)
    await journal.flush()
    expect(journal.status()).toMatchObject({ written: 6_001, lost: 0, waiting: 0, failure: null })
    expect(roundsWritten()).toEqual([1, 3_000])
  })

  it('writes what was gathered when it stops, and starts again', async () => {
    const first = await start()
    first.append(shareEntry({ round: 4 }))
    await first.stop()
    await first.stop()
    expect(roundsWritten()).toEqual([4, 4])
    first.append(shareEntry({ round: 5 }))
    expect(first.status()).toMatchObject({ written: 1, lost: 1 })
    const second = await start()
    second.append(shareEntry({ round: 6 }))
    await second.flush()
    expect(roundsWritten()).toEqual([4, 6])
  })

  it('writes what comes while it stops', async () => {
    const journal = await start()
    journal.append(shareEntry({ round: 4 }))
    const stopping = journal.stop()
    journal.append(shareEntry({ round: 5 }))
    await stopping
    expect(journal.status()).toMatchObject({ written: 2, lost: 0, waiting: 0 })
    expect(roundsWritten()).toEqual([4, 5])
  })

  it('loses and counts entries rather than memory when the disk does not keep up', async () => {
    const journal = await start()
    const large = shareEntry({ bytes: new Uint8Array(8_000_000) })
    for (let count = 0; count < 12; count++) journal.append(large)
    expect(journal.status()).toMatchObject({ lost: 4, waiting: 8 })
    expect(health).toEqual(['JOURNAL_CROWDED'])
    await journal.flush()
    expect(journal.status()).toMatchObject({ written: 8, lost: 4 })
    expect(health).toEqual(['JOURNAL_CROWDED', null])
  })

  it('does not start on a file that is no journal', async () => {
    writeFileSync(path(), 'something else entirely, and long enough to be looked at')
    await expect(start()).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE' })
  })
})

describe('a process killed -9 while it writes history', () => {
  it('leaves a journal that opens, is whole, and holds what was written', async () => {
    for (const lines of [1, 5, 20, 60, 150]) {
      const file = join(directory, `journal-${lines}.sqlite`)
      const child = spawn(process.execPath, [CHILD, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(child, 'exit')
      let last = 0
      for await (const line of createInterface({ input: child.stdout })) {
        last = Number(line)
        if (last === lines) child.kill('SIGKILL')
      }
      await exited
      expect(roundsWritten(file)[1]).toBeGreaterThanOrEqual(last)
      const database = new DatabaseSync(file)
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      database.close()
    }
  })
})

describe('a full disk', () => {
  it('costs history, is told once, and is over when there is space again', async (context) => {
    const mount = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]
    if (spawnSync('mount', mount).status !== 0) {
      context.skip('a small file system needs the right to mount; not tested here')
    }
    try {
      const journal = await start()
      journal.append(shareEntry({ round: 1 }))
      await journal.flush()
      expect(() => writeFileSync(join(directory, 'filler'), new Uint8Array(2_000_000))).toThrow()
      for (let round = 2; round < 5; round++) {
        journal.append(shareEntry({ round, bytes: new Uint8Array(300_000) }))
        await journal.flush()
      }
      expect(health).toEqual(['JOURNAL_DISK_FULL'])
      expect(journal.status()).toMatchObject({ written: 1, lost: 3 })

      rmSync(join(directory, 'filler'))
      journal.append(shareEntry({ round: 9 }))
      await journal.flush()
      expect(health).toEqual(['JOURNAL_DISK_FULL', null])
      expect(roundsWritten()).toEqual([1, 9])
      await journal.stop()
    } finally {
      spawnSync('umount', [directory])
    }
  })
})
