import { describe, expect, it } from 'vitest'
import { promiseFile } from '../../../../node/keys/promise-file.ts'

type Handle = Parameters<typeof promiseFile>[0]

/** A file whose writes stay in a cache until they are synced, a few bytes at a time. */
class CachedFile {
  readonly cached = new Uint8Array(64)
  durable = new Uint8Array(64)
  syncs = 0
  isBroken = false

  readonly handle = {
    write: async (bytes: Uint8Array, from: number, _: undefined, at: number) => {
      const bytesWritten = Math.min(7, bytes.length - from)
      this.cached.set(bytes.subarray(from, from + bytesWritten), at)
      return { bytesWritten, buffer: bytes }
    },
    datasync: async () => {
      if (this.isBroken) throw Object.assign(new Error('input/output error'), { code: 'EIO' })
      this.syncs += 1
      this.durable = Uint8Array.from(this.cached)
    },
    close: async () => undefined,
  } as unknown as Handle
}

describe('an append to the promises file', () => {
  it('is on disk, whole and once synced, before it returns', async () => {
    const file = new CachedFile()
    await promiseFile(file.handle).append(new Uint8Array(20).fill(9), 10)
    const expected = new Uint8Array(64).fill(9, 10, 30)
    expect(file.durable).toEqual(expected)
    expect(file.syncs).toBe(1)
  })

  it('fails when the sync fails', async () => {
    const file = new CachedFile()
    file.isBroken = true
    const append = promiseFile(file.handle).append(new Uint8Array(20), 0)
    await expect(append).rejects.toMatchObject({ code: 'EIO' })
  })
})
