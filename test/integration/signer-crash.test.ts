import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Promises } from '../../node/keys/promises.ts'
import { bodyLike } from '../support/bodies.ts'
import { context, makeSigner, promised } from './signer-support.ts'

const CHILD = fileURLToPath(new URL('./signer-child.ts', import.meta.url))
const KILLS = 20

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-crash-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Lets a child promise until it has said `lines` of them, kills it -9, and gives its last word. */
async function promiseUntilKilled(lines: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let said = 0
  let last = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    said += 1
    if (said === lines) child.kill('SIGKILL')
  }
  await exited
  expect(child.signalCode).toBe('SIGKILL')
  return last
}

describe('a signer killed -9 while it promises', () => {
  it(`never loses a promise it said aloud, over ${KILLS} kills`, async () => {
    for (let kill = 1; kill <= KILLS; kill++) {
      const last = await promiseUntilKilled(kill * 7)
      const promises = await Promises.open({ directory })
      expect(promises.watermark).toBeGreaterThanOrEqual(last)
      if (promises.watermark === last) {
        expect(promises.holds(promised(last, 'share', last % 251))).toBe(true)
      }
      await promises.close()
    }
  })

  it('keeps its directory from a second process until then', async () => {
    const child = spawn(process.execPath, [CHILD, directory], { stdio: ['ignore', 'pipe', 'pipe'] })
    const exited = once(child, 'exit')
    await once(child.stdout, 'data')
    child.stdout.resume()
    await expect(Promises.open({ directory })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
    })
    child.kill('SIGKILL')
    await exited
    const promises = await Promises.open({ directory })
    await promises.close()
  })
})

describe('a disk that fails to sync', () => {
  it('ends the promises at the very sync that failed', async (context) => {
    if (spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status !== 0) {
      context.skip('failing system calls need strace and the right to trace; not tested here')
    }
    const failing = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=5']
    const strace = ['-f', '-qq', '-o', '/dev/null', ...failing, process.execPath]
    // One thread for file calls: strace counts the calls of each thread for itself.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
    const child = spawnSync('strace', [...strace, CHILD, directory, '20'], {
      encoding: 'utf8',
      env,
    })
    expect(child.status).toBe(1)
    expect(child.stderr).toContain('PROMISES_FAILED')
    expect(child.stderr).toContain('EIO')
    expect(child.stdout.trim().split('\n')).toEqual(['1', '2', '3', '4'])
    const promises = await Promises.open({ directory })
    expect(promises.watermark).toBeGreaterThanOrEqual(4)
    await promises.close()
  })
})

describe('a full disk', () => {
  it('ends signing with a code, and the promises made before stand', async (test) => {
    const mount = ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory]
    if (spawnSync('mount', mount).status !== 0) {
      test.skip('a small file system needs the right to mount; not tested here')
    }
    try {
      const { signer } = await makeSigner({ index: 0, directory })
      await signer.start()
      await signer.persist(promised(1, 'observation', 1))
      expect(() => writeFileSync(join(directory, 'filler'), new Uint8Array(1_000_000))).toThrow()

      const fill = async () => {
        for (let round = 2; round < 10_000; round++) {
          await signer.persist(promised(round, 'observation', 1))
        }
      }
      await expect(fill()).rejects.toMatchObject({
        code: 'PROMISES_FAILED',
        context: { cause: 'ENOSPC' },
      })
      const message = { round: 1, kind: 'observation', sender: 0 } as const
      const body = bodyLike(context.committee, message, new Uint8Array(32))
      expect(() => signer.signMessage(body)).toThrow(
        expect.objectContaining({ code: 'SIGNER_STOPPED' }),
      )
      await signer.stop()
      rmSync(join(directory, 'filler'))
      const promises = await Promises.open({ directory })
      expect(promises.watermark).toBeGreaterThanOrEqual(1)
      await promises.close()
    } finally {
      spawnSync('umount', [directory])
    }
  })
})
