import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KeygenPromises, recordDirectory } from '../../../../node/keygen/record.ts'
import { sealKeystore } from '../../../../node/keys/keystore.ts'
import { Secret } from '../../../../node/keys/secret.ts'
import { createDurably, replaceDurably } from '../../../../node/store/durable-file.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-record-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)

async function keptResult() {
  const key = Secret.of(bytes(32, 1))
  const passphrase = Secret.ofText('correct horse')
  const options = { purpose: 'unconfirmed-share', member: 2, strength: 'development' } as const
  return {
    transcript: bytes(32, 2),
    result: bytes(32, 3),
    groupKey: { publicKey: bytes(33, 4), verifyingShares: [bytes(33, 5)], threshold: 3 },
    keystore: await sealKeystore(options, { key, passphrase }),
  }
}

describe('promises of a key generation', () => {
  test('what was promised is there again after a restart', async () => {
    const first = await KeygenPromises.open(directory)
    expect([first.package, first.kept]).toEqual([null, null])
    await first.promisePackage(bytes(32, 7))
    const kept = await keptResult()
    await first.keepResult(kept)

    const again = await KeygenPromises.open(directory)
    expect(again.package).toEqual(bytes(32, 7))
    expect(again.kept).toEqual(kept)
    expect(() => again.assertPromised('package', bytes(32, 7))).not.toThrow()
    expect(() => again.assertPromised('result', kept.result)).not.toThrow()
  })

  test('a second package or result is refused, by this process and by another', async () => {
    const first = await KeygenPromises.open(directory)
    const second = await KeygenPromises.open(directory)
    await first.promisePackage(bytes(32, 7))
    for (const each of [first, second]) {
      await expect(each.promisePackage(bytes(32, 8))).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    }
    await first.keepResult(await keptResult())
    await expect(second.keepResult(await keptResult())).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    })
  })

  test('nothing else may be signed', async () => {
    const promises = await KeygenPromises.open(directory)
    expect(() => promises.assertPromised('package', bytes(32, 7))).toThrow('on disk first')
    await promises.promisePackage(bytes(32, 7))
    expect(() => promises.assertPromised('package', bytes(32, 8))).toThrow('on disk first')
    expect(() => promises.assertPromised('result', bytes(32, 7))).toThrow('on disk first')
  })

  test.each(['package.json', 'result.json'])('a damaged %s is never guessed', async (name) => {
    await writeFile(join(directory, name), '{"pack')
    await expect(KeygenPromises.open(directory)).rejects.toMatchObject({
      code: 'KEYGEN_RECORD_DAMAGED',
    })
  })

  test('signatures of all members are there again, and damaged ones are asked for anew', async () => {
    const first = await KeygenPromises.open(directory)
    expect(first.signatures).toBeNull()
    await first.keepSignatures([bytes(64, 1), bytes(64, 2)])
    const again = await KeygenPromises.open(directory)
    expect(again.signatures).toEqual([bytes(64, 1), bytes(64, 2)])
    await writeFile(join(directory, 'signatures.json'), '{')
    const damaged = await KeygenPromises.open(directory)
    expect(damaged.signatures).toBeNull()
    await damaged.keepSignatures([bytes(64, 3)])
    expect((await KeygenPromises.open(directory)).signatures).toEqual([bytes(64, 3)])
  })

  test('each attempt has a folder of its own', () => {
    const [a, b] = [bytes(32, 1), bytes(32, 2)].map((digest) => recordDirectory('/data', digest))
    expect(a).toBe(`/data/keygen/${'01'.repeat(16)}`)
    expect(b).not.toBe(a)
  })

  test('evidence is kept once for each member', async () => {
    const promises = await KeygenPromises.open(directory)
    const path = await promises.keepEvidence(3, Uint8Array.of(1, 2))
    expect(await promises.keepEvidence(3, Uint8Array.of(9, 9))).toBe(path)
    expect(await readFile(path, 'utf8')).toBe('0102\n')
  })
})

describe('durable files', () => {
  test('are private and whole, and leave nothing beside them', async () => {
    const path = join(directory, 'a')
    await createDurably(path, 'first')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await expect(createDurably(path, 'second')).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(await readFile(path, 'utf8')).toBe('first')
    await replaceDurably(path, 'third')
    expect(await readFile(path, 'utf8')).toBe('third')
    expect(await readdir(directory)).toEqual(['a'])
  })

  test('a directory that is not there is said so', async () => {
    const path = join(directory, 'none', 'a')
    await expect(createDurably(path, '')).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    expect(existsSync(path)).toBe(false)
  })

  test('a directory that cannot be written is said so', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write into any directory')
    await chmod(directory, 0o500)
    const path = join(directory, 'a')
    await expect(replaceDurably(path, '')).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    await chmod(directory, 0o700)
  })
})
