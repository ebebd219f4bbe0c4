import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeOf } from '../../node/errors.ts'
import { HandoverLocks } from '../../node/keys/handover-locks.ts'
import { buildShim, type LosingDisk } from '../crash/shim.ts'

const CHILD = fileURLToPath(new URL('./handover-locks-child.ts', import.meta.url))
/** A lock of the child takes fewer steps than this. */
const STEPS_MAX = 20

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-locks-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('locks of hand-overs on a disk that loses what was not synced', () => {
  const shim = buildShim()

  /** What the child said before it was killed -9. */
  function run(disk: Omit<LosingDisk, 'directory'>) {
    if (shim === null) throw new Error('asked for above')
    const env = shim.environment({ directory, ...disk })
    const child = spawnSync(process.execPath, [CHILD, directory], { encoding: 'utf8', env })
    expect(child.signal).toBe('SIGKILL')
    return child.stdout.split('\n').filter(Boolean).map(Number)
  }

  /** Which epochs a new process finds locked as they were. */
  async function found(): Promise<readonly number[] | 'unreadable'> {
    try {
      const locks = await HandoverLocks.open(directory)
      const isWhole = ({ epoch, message }: (typeof locks.all)[number]) =>
        message.every((byte) => byte === epoch)
      return locks.all.filter(isWhole).map(({ epoch }) => epoch)
    } catch (error) {
      if (codeOf(error) !== 'HANDOVER_LOCK_DAMAGED') throw error
      return 'unreadable'
    }
  }

  it('survive kill -9 at every step, whole or not at all', async (context) => {
    if (shim === null) context.skip('needs Linux and a C compiler; not tested here')
    let silent = 0
    for (let killAt = 1; ; killAt++) {
      const said = run({ killAt })
      const held = await found()
      expect(held, `killed at step ${killAt}`).toEqual(expect.arrayContaining(said))
      const locks = await HandoverLocks.open(directory)
      for (const epoch of said) {
        const other = locks.lock({ epoch, message: new Uint8Array(32) })
        await expect(other).rejects.toMatchObject({ code: 'HANDOVER_LOCKED' })
      }
      // It came to its end, and was killed there.
      if (said.length > 0) break
      silent += 1
      expect(silent).toBeLessThan(STEPS_MAX)
      rmSync(directory, { recursive: true })
    }
    expect(silent, 'before and after the write and its sync').toBeGreaterThanOrEqual(4)
  })

  it('are lost when the disk saves nothing: the test above can fail', async (context) => {
    if (shim === null) context.skip('needs Linux and a C compiler; not tested here')
    const said = run({ sync: 'ignored' })
    expect(said).toEqual([2])
    expect(await found()).toBe('unreadable')
  })
})

describe('folders of locks', () => {
  it('are on disk before a lock stands in them', (context) => {
    if (spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status !== 0) {
      context.skip('needs strace and the right to trace; not tested here')
    }
    const trace = join(directory, 'calls')
    const data = join(directory, 'new', 'data')
    const strace = ['-f', '-qq', '-y', '-o', trace, '-e', 'trace=mkdir,fsync,link']
    spawnSync('strace', [...strace, process.execPath, CHILD, data])
    const calls = readFileSync(trace, 'utf8')
    for (const path of [join(directory, 'new'), data, join(data, 'handover')]) {
      const made = calls.indexOf(`mkdir("${path}"`)
      const synced = calls.slice(made).search(new RegExp(`fsync\\(\\d+<${dirname(path)}>`))
      expect([path, made >= 0, synced >= 0]).toEqual([path, true, true])
      expect(made + synced).toBeLessThan(calls.indexOf('link("'))
    }
  })
})
