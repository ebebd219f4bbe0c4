import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  openKeystore,
  parseKeystore,
  sealKeystore,
  unsealKeystore,
  writeKeystore,
} from '../../../../node/keys/keystore.ts'
import { Secret } from '../../../../node/keys/secret.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
const passphrase = () => Secret.ofText('local network')

/** The scrypt example of the Web3 Secret Storage definition. */
const PUBLISHED = JSON.stringify({
  version: 3,
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
})

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-keystore-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function writeDevelopment() {
  const keystore = await sealKeystore(
    { purpose: 'signing-share', member: 2, strength: 'development' },
    { key: Secret.of(KEY), passphrase: passphrase() },
  )
  const path = join(directory, 'share.json')
  await writeKeystore(path, keystore)
  return { path, keystore }
}

const opening = (path: string) => ({
  path,
  purpose: 'signing-share' as const,
  member: 2,
  passphrase: passphrase(),
  strength: 'development' as const,
})

const withCode = (code: string) => expect.objectContaining({ code })

describe('a keystore', () => {
  it('opens the published example', async () => {
    const key = await unsealKeystore(parseKeystore(PUBLISHED), {
      passphrase: Secret.ofText('testpassword'),
      strength: 'standard',
    })
    expect(key.use((bytes) => Buffer.from(bytes).toString('hex'))).toBe(
      '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d',
    )
  })

  it('gives back the key it was made from, and shows nothing of it', async () => {
    const { path } = await writeDevelopment()
    const key = await openKeystore(opening(path))
    expect(key.use((bytes) => Uint8Array.from(bytes))).toEqual(KEY)
    expect(await readFile(path, 'utf8')).not.toContain(Buffer.from(KEY).toString('hex'))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('refuses a wrong passphrase and an empty one', async () => {
    const { path } = await writeDevelopment()
    const wrong = openKeystore({ ...opening(path), passphrase: Secret.ofText('wrong') })
    await expect(wrong).rejects.toMatchObject({
      code: 'KEYSTORE_PASSPHRASE_WRONG',
      context: { path },
    })
    const empty = openKeystore({ ...opening(path), passphrase: Secret.ofText('') })
    await expect(empty).rejects.toEqual(withCode('PASSPHRASE_EMPTY'))
  })

  it('refuses a changed ciphertext', async () => {
    const { keystore } = await writeDevelopment()
    const ciphertext = keystore.crypto.ciphertext.replace(/^./, (digit) =>
      digit === '0' ? '1' : '0',
    )
    const changed = { ...keystore, crypto: { ...keystore.crypto, ciphertext } }
    await expect(unsealKeystore(changed, opening(''))).rejects.toEqual(
      withCode('KEYSTORE_PASSPHRASE_WRONG'),
    )
  })

  it('refuses the cheap setting unless it is asked for', async () => {
    const { path } = await writeDevelopment()
    await expect(openKeystore({ ...opening(path), strength: 'standard' })).rejects.toEqual(
      withCode('KEYSTORE_TOO_WEAK'),
    )
  })

  it('refuses to compute what a hostile file asks for', async () => {
    const { keystore } = await writeDevelopment()
    const kdfparams = { ...keystore.crypto.kdfparams, n: 1_048_576, r: 64, p: 16 }
    const costly = { ...keystore, crypto: { ...keystore.crypto, kdfparams } }
    await expect(unsealKeystore(costly, opening(''))).rejects.toEqual(
      withCode('KEYSTORE_TOO_COSTLY'),
    )
  })

  it.each([0o640, 0o604, 0o666])('refuses a file of mode %o', async (mode) => {
    const { path } = await writeDevelopment()
    await chmod(path, mode)
    await expect(openKeystore(opening(path))).rejects.toEqual(withCode('FILE_NOT_PRIVATE'))
  })

  it('refuses a key of another purpose or another member', async () => {
    const { path } = await writeDevelopment()
    const wrong = withCode('KEYSTORE_PURPOSE_WRONG')
    await expect(openKeystore({ ...opening(path), purpose: 'identity' })).rejects.toEqual(wrong)
    await expect(openKeystore({ ...opening(path), member: 3 })).rejects.toEqual(wrong)
    await expect(openKeystore({ ...opening(path), member: 3 })).rejects.toMatchObject({
      context: { expected: expect.stringMatching(/ of member 3$/) },
    })
  })

  it('never replaces a file', async () => {
    const { path, keystore } = await writeDevelopment()
    await expect(writeKeystore(path, keystore)).rejects.toEqual(withCode('FILE_EXISTS'))
    const nowhere = writeKeystore(join(directory, 'no', 'such.json'), keystore)
    await expect(nowhere).rejects.toEqual(withCode('FILE_NOT_WRITTEN'))
  })

  it('names a missing file, a directory, and a file that is too large', async () => {
    const missing = openKeystore(opening(join(directory, 'none.json')))
    await expect(missing).rejects.toEqual(withCode('FILE_UNREADABLE'))
    await expect(openKeystore(opening(directory))).rejects.toEqual(withCode('FILE_UNREADABLE'))
    const large = join(directory, 'large.json')
    await writeFile(large, 'x'.repeat(70_000), { mode: 0o600 })
    await expect(openKeystore(opening(large))).rejects.toEqual(withCode('FILE_TOO_LARGE'))
  })

  const example = JSON.parse(PUBLISHED)
  const cryptoWith = (changes: object) =>
    JSON.stringify({ ...example, crypto: { ...example.crypto, ...changes } })
  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['version 1', JSON.stringify({ ...example, version: 1 })],
    ['another cipher', cryptoWith({ cipher: 'aes-256-gcm' })],
    ['another derivation', cryptoWith({ kdf: 'pbkdf2' })],
    ['a short initialisation vector', cryptoWith({ cipherparams: { iv: '00' } })],
    ['a long ciphertext', cryptoWith({ ciphertext: '00'.repeat(64) })],
    ['letters for digits', cryptoWith({ mac: 'z'.repeat(64) })],
    ['n that is no power of two', cryptoWith({ kdfparams: { ...example.crypto.kdfparams, n: 3 } })],
    ['negative r', cryptoWith({ kdfparams: { ...example.crypto.kdfparams, r: -1 } })],
  ])('refuses %s with a code', (_, text) => {
    expect(() => parseKeystore(text)).toThrow(withCode('KEYSTORE_INVALID'))
  })
})
