import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  HANDOVER_LOCKS_MAX,
  HandoverLocks,
  handoverDirectory,
} from '../../../../node/keys/handover-locks.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-locks-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const lock = (epoch: number, fill: number) => ({ epoch, message: new Uint8Array(32).fill(fill) })
const withCode = (code: string) => expect.objectContaining({ code })

test('given a lock, then the same hand-over may be asked for again and another may not', async () => {
  const locks = await HandoverLocks.open(directory)
  await locks.lock(lock(2, 1))
  await locks.lock(lock(2, 1))
  await expect(locks.lock(lock(2, 9))).rejects.toEqual(withCode('HANDOVER_LOCKED'))
  await locks.lock(lock(3, 9))
  expect(locks.holds(lock(2, 1))).toBe(true)
  expect(locks.holds(lock(2, 9))).toBe(false)
  expect(locks.holds(lock(4, 1))).toBe(false)
})

test('given a lock, when the directory is opened again, then it stands', async () => {
  await (await HandoverLocks.open(directory)).lock(lock(2, 1))
  const again = await HandoverLocks.open(directory)
  expect(again.all).toEqual([lock(2, 1)])
  await expect(again.lock(lock(2, 9))).rejects.toEqual(withCode('HANDOVER_LOCKED'))
})

test('given another process wrote a lock since, then that one stands', async () => {
  const [first, second] = [await HandoverLocks.open(directory), await HandoverLocks.open(directory)]
  await first.lock(lock(2, 1))
  await expect(second.lock(lock(2, 9))).rejects.toEqual(withCode('HANDOVER_LOCKED'))
  expect((await HandoverLocks.open(directory)).holds(lock(2, 1))).toBe(true)
})

test('given as many locks as there may be, then no other epoch is locked', async () => {
  const locks = await HandoverLocks.open(directory)
  for (let epoch = 2; epoch < 2 + HANDOVER_LOCKS_MAX; epoch++) await locks.lock(lock(epoch, 1))
  await expect(locks.lock(lock(1_000, 1))).rejects.toEqual(withCode('HANDOVER_LOCKS_FULL'))
})

test.each(['', '{}', '{"epoch":2,"message":"00"}'])(
  'given a file that holds "%s", then nothing is opened and nothing can be signed',
  async (text) => {
    await HandoverLocks.open(directory)
    writeFileSync(join(handoverDirectory(directory), 'lock-2.json'), text)
    await expect(HandoverLocks.open(directory)).rejects.toEqual(withCode('HANDOVER_LOCK_DAMAGED'))
  },
)

test.each(['lock-3.json', 'lock-02.json', 'lock-2.json.gz', 'lock-2.cbor', 'locks.json'])(
  'given a file "%s", which is no lock of this version, then it is not passed over',
  async (name) => {
    await (await HandoverLocks.open(directory)).lock(lock(2, 1))
    const held = readFileSync(join(handoverDirectory(directory), 'lock-2.json'))
    writeFileSync(join(handoverDirectory(directory), name), held)
    await expect(HandoverLocks.open(directory)).rejects.toEqual(withCode('HANDOVER_LOCK_DAMAGED'))
  },
)

test('given what a crash left of a lock that was never made, then it promises nothing', async () => {
  await (await HandoverLocks.open(directory)).lock(lock(2, 1))
  writeFileSync(join(handoverDirectory(directory), 'lock-3.json.4711.new'), '{"epoch":3,')
  expect((await HandoverLocks.open(directory)).all).toEqual([lock(2, 1)])
})
