import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { crc32c } from '../../../../node/keys/crc32c.ts'
import {
  diskFiles,
  type PromiseFile,
  type PromiseFiles,
} from '../../../../node/keys/promise-file.ts'
import {
  type PromiseKind,
  RECORD_BYTES,
  recover,
  standingOf,
} from '../../../../node/keys/promise-records.ts'
import { Promises } from '../../../../node/keys/promises.ts'

const withCode = (code: string) => expect.objectContaining({ code })
const promise = (round: number, kind: PromiseKind, fill: number) => ({
  round,
  kind,
  digest: new Uint8Array(32).fill(fill),
})

/** A disk that works like the real one until it is told to fail, and counts what reaches it. */
class FlakyDisk implements PromiseFiles {
  appends = 0
  failWith: string | null = null
  /** While it is set, nothing reaches the disk. */
  held: Promise<void> | null = null
  readonly read = diskFiles.read
  readonly openAt = async (path: string, length: number) =>
    this.#wrap(await diskFiles.openAt(path, length))
  readonly replace = async (path: string, content: Uint8Array) =>
    this.#wrap(await diskFiles.replace(path, content))

  #wrap(file: PromiseFile): PromiseFile {
    return {
      append: async (bytes, offset) => {
        this.appends += 1
        await this.held
        if (this.failWith !== null) {
          throw Object.assign(new Error('the disk fails'), { code: this.failWith })
        }
        await file.append(bytes, offset)
      },
      close: file.close,
    }
  }
}

let directory: string
let opened: Promises[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-promises-'))
})
afterEach(async () => {
  for (const each of opened) await each.close()
  opened = []
  rmSync(directory, { recursive: true })
})

async function open(
  files: PromiseFiles = diskFiles,
  settings: { readonly recordsMax?: number; readonly reserveRounds?: number } = {},
): Promise<Promises> {
  const promises = await Promises.open({ directory, ...settings }, { files })
  opened.push(promises)
  return promises
}

const file = () => join(directory, 'promises')

describe('promises', () => {
  it('stand after a restart', async () => {
    const before = await open()
    expect(before.watermark).toBe(0)
    await before.persist(promise(5, 'observation', 1))
    await before.persist(promise(5, 'share', 2))
    await before.close()

    const after = await open()
    expect(after.watermark).toBe(5)
    expect(after.holds(promise(5, 'share', 2))).toBe(true)
    expect(after.holds(promise(5, 'share', 3))).toBe(false)
    await expect(after.persist(promise(5, 'share', 3))).rejects.toEqual(
      withCode('PROMISE_CONFLICT'),
    )
    await expect(after.persist(promise(4, 'late', 3))).rejects.toEqual(
      withCode('PROMISE_ROUND_PAST'),
    )
    await after.persist(promise(5, 'share', 2))
  })

  it.each(['observation', 'late', 'proposal0', 'proposal1', 'share'] as const)(
    'refuse a second %s of a round, also while the first is being written',
    async (kind) => {
      const promises = await open()
      const first = promises.persist(promise(1, kind, 1))
      await expect(promises.persist(promise(1, kind, 2))).rejects.toEqual(
        withCode('PROMISE_CONFLICT'),
      )
      await first
    },
  )

  it('are not held before they are on disk', async () => {
    const promises = await open()
    const writing = promises.persist(promise(1, 'observation', 1))
    expect(promises.holds(promise(1, 'observation', 1))).toBe(false)
    expect(promises.watermark).toBe(0)
    await writing
    expect(promises.holds(promise(1, 'observation', 1))).toBe(true)
  })

  it('are written together when many wait', async () => {
    const disk = new FlakyDisk()
    const promises = await open(disk)
    const rounds = Array.from({ length: 100 }, (_, index) => index + 1)
    await Promise.all(rounds.map((round) => promises.persist(promise(round, 'observation', 1))))
    expect(disk.appends).toBe(2)
    expect(promises.watermark).toBe(100)
  })

  it.each(['EIO', 'ENOSPC'])('are over for good after a failed write (%s)', async (failWith) => {
    const disk = new FlakyDisk()
    const promises = await open(disk)
    await promises.persist(promise(1, 'observation', 1))
    disk.failWith = failWith
    const failed = withCode('PROMISES_FAILED')
    const both = [promise(2, 'observation', 1), promise(2, 'late', 1)].map((each) =>
      promises.persist(each),
    )
    for (const each of await Promise.allSettled(both)) {
      expect(each).toMatchObject({ status: 'rejected', reason: failed })
    }
    // The disk works again, but nobody knows what it holds: an fsync reports an error only once.
    disk.failWith = null
    await expect(promises.persist(promise(3, 'observation', 1))).rejects.toEqual(failed)
    expect(promises.failure).toEqual(failed)
    expect(promises.holds(promise(2, 'observation', 1))).toBe(false)
  })

  it('survive a file torn at every byte: what was acknowledged before stands', async () => {
    const before = await open()
    await before.persist(promise(1, 'observation', 1))
    await before.persist(promise(2, 'observation', 2))
    await before.close()
    const whole = readFileSync(file())
    for (let length = 2 * RECORD_BYTES; length <= whole.length; length++) {
      writeFileSync(file(), whole)
      truncateSync(file(), length)
      const after = await open()
      expect(after.watermark).toBe(length === whole.length ? 2 : 1)
      await after.persist(promise(3, 'observation', 3))
      await after.close()
      const again = await open()
      expect(again.watermark).toBe(3)
      await again.close()
    }
  })

  it('refuse a file that the disk changed', async () => {
    const before = await open()
    for (const round of [1, 2, 3]) await before.persist(promise(round, 'observation', 1))
    await before.close()
    const changed = readFileSync(file())
    changed[RECORD_BYTES + 20] = 0xaa
    writeFileSync(file(), changed)
    await expect(open()).rejects.toEqual(withCode('PROMISES_CORRUPT'))
    writeFileSync(file(), 'no promises at all')
    await expect(open()).rejects.toEqual(withCode('PROMISES_CORRUPT'))
  })

  it('refuse a file of another version, and leave it as it is', async () => {
    const before = await open()
    await before.persist(promise(1, 'observation', 1))
    await before.close()
    const other = readFileSync(file())
    other.write('2', 15)
    other.writeUInt32BE(crc32c(other.subarray(0, RECORD_BYTES - 4)), RECORD_BYTES - 4)
    writeFileSync(file(), other)
    await expect(open()).rejects.toEqual(withCode('PROMISES_VERSION_OTHER'))
    expect(readFileSync(file())).toEqual(other)
  })

  it('are written anew before the file grows without end', async () => {
    const promises = await open(diskFiles, { recordsMax: 16 })
    for (let round = 1; round <= 100; round++) {
      await promises.persist(promise(round, 'observation', round))
      await promises.persist(promise(round, 'share', round))
      expect(readFileSync(file()).length).toBeLessThanOrEqual(17 * RECORD_BYTES)
    }
    await promises.close()
    const after = await open()
    expect(after.watermark).toBe(100)
    expect(after.holds(promise(100, 'observation', 100))).toBe(true)
    expect(after.holds(promise(100, 'share', 100))).toBe(true)
  })

  it('belong to one holder at a time', async () => {
    const first = await open()
    await expect(open()).rejects.toEqual(withCode('DATA_DIRECTORY_IN_USE'))
    await first.close()
    await open()
  })

  it('say so when the directory cannot be used', async () => {
    writeFileSync(file(), '')
    const notADirectory = Promises.open({ directory: file() })
    await expect(notADirectory).rejects.toEqual(withCode('DATA_DIRECTORY_UNUSABLE'))
  })
})

describe('promises of reserved rounds', () => {
  const reserving = (disk: PromiseFiles = diskFiles, recordsMax = 65_536) =>
    open(disk, { recordsMax, reserveRounds: 4 })

  it('do not wait for the disk, and bind at once', async () => {
    const disk = new FlakyDisk()
    const promises = await reserving(disk)
    await promises.persist(promise(10, 'observation', 1))
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    disk.held = held

    await promises.persist(promise(14, 'observation', 1))
    expect(promises.holds(promise(14, 'observation', 1))).toBe(true)
    expect(promises.holds(promise(14, 'share', 2))).toBe(false)
    await promises.persist(promise(14, 'share', 2))
    expect(promises.holds(promise(14, 'share', 2))).toBe(true)
    await expect(promises.persist(promise(14, 'share', 3))).rejects.toEqual(
      withCode('PROMISE_CONFLICT'),
    )

    const beyond = promises.persist(promise(15, 'observation', 1))
    expect(promises.holds(promise(15, 'observation', 1))).toBe(false)
    release()
    await beyond
    expect(promises.holds(promise(15, 'observation', 1))).toBe(true)
  })

  it('cannot be contradicted by who opens a disk that they never reached', async () => {
    const before = await reserving()
    await before.persist(promise(10, 'observation', 1))
    const crashed = readFileSync(file())
    await before.persist(promise(12, 'observation', 1))
    await before.close()
    writeFileSync(file(), crashed)

    const after = await reserving()
    expect(after.watermark).toBe(14)
    for (const round of [10, 12, 14]) {
      await expect(after.persist(promise(round, 'observation', 2))).rejects.toEqual(
        withCode('PROMISE_ROUND_PAST'),
      )
    }
    await after.persist(promise(15, 'observation', 2))
  })

  it('are reserved again before they run out, in the writes that happen anyway', async () => {
    const disk = new FlakyDisk()
    const promises = await reserving(disk)
    await promises.persist(promise(1, 'observation', 1))
    for (let round = 2; round <= 50; round++) {
      await promises.persist(promise(round, 'observation', 1))
      // Whoever watches the disk alone sees the rounds reserved: one append for each promise.
      await expect.poll(() => disk.appends).toBe(round)
    }
    await promises.close()
    expect((await reserving()).watermark).toBeGreaterThan(51)
  })

  it('stay reserved when the file is written anew', async () => {
    const before = await reserving(diskFiles, 16)
    for (let round = 1; round <= 100; round++) {
      await before.persist(promise(round, 'observation', 1))
    }
    await before.close()
    expect((await reserving()).watermark).toBeGreaterThan(100)
  })

  it('are written together when no round waits for anything, or with one that waits', async () => {
    const disk = new FlakyDisk()
    const later: (() => void)[] = []
    const promises = await Promises.open(
      { directory, reserveRounds: 4 },
      { files: disk, later: (work) => later.push(work) },
    )
    opened.push(promises)
    await promises.persist(promise(10, 'observation', 1))
    expect(disk.appends).toBe(1)
    await promises.persist(promise(11, 'observation', 1))
    await promises.persist(promise(11, 'share', 2))
    expect(promises.holds(promise(11, 'share', 2))).toBe(true)
    expect([disk.appends, promises.watermark]).toEqual([1, 10])
    for (const work of later) work()
    await expect.poll(() => promises.watermark).toBe(11)
    expect(disk.appends).toBe(2)
    // Beyond the reserved rounds a promise waits for the disk, and takes along what waits.
    await promises.persist(promise(13, 'observation', 1))
    await promises.persist(promise(20, 'observation', 1))
    expect([disk.appends, promises.watermark]).toEqual([3, 20])
  })

  it('are written when the promises are closed before their time', async () => {
    const promises = await Promises.open(
      { directory, reserveRounds: 4 },
      { files: diskFiles, later: () => undefined },
    )
    await promises.persist(promise(10, 'observation', 1))
    await promises.persist(promise(11, 'observation', 1))
    await promises.close()
    const found = recover(readFileSync(file()))
    expect(found.type === 'recovered' ? standingOf(found.records).watermark : 0).toBe(11)
  })

  it('are over when the write behind them fails: the next promise says so', async () => {
    const disk = new FlakyDisk()
    const promises = await reserving(disk)
    await promises.persist(promise(1, 'observation', 1))
    disk.failWith = 'EIO'
    await promises.persist(promise(2, 'observation', 1))
    await expect.poll(() => promises.failure).toEqual(withCode('PROMISES_FAILED'))
    await expect(promises.persist(promise(2, 'late', 1))).rejects.toEqual(
      withCode('PROMISES_FAILED'),
    )
  })
})
