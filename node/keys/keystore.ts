import {
  createCipheriv,
  createDecipheriv,
  randomBytes,
  randomUUID,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { z } from 'zod'
import { OracleError } from '../errors.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { Secret } from './secret.ts'

/** What a keystore is for; a node refuses a keystore of another purpose. */
const KEY_PURPOSES = ['identity', 'transmitter', 'signing-share', 'unconfirmed-share'] as const
export type KeyPurpose = (typeof KEY_PURPOSES)[number]

/** Cost of guessing a passphrase. `development` is for local networks and is refused elsewhere. */
export type KeystoreStrength = 'standard' | 'development'

/** scrypt: 256 MiB and about a second a guess, as Web3 wallets use it; or next to nothing. */
const SCRYPT = {
  standard: { n: 262_144, r: 8, p: 1 },
  development: { n: 4_096, r: 8, p: 1 },
} as const

/** The least that `standard` accepts, in bytes of memory times passes: a wallet's own default. */
const COST_MIN = 128 * 262_144 * 8
/** The most it computes for a file, so that a hostile one costs no more than a few seconds. */
const COST_MAX = 4 * COST_MIN

const hexOf = (bytesMin: number, bytesMax = bytesMin) =>
  z
    .string()
    .regex(/^(?:[0-9a-fA-F]{2})*$/)
    .min(2 * bytesMin)
    .max(2 * bytesMax)

const powerOfTwo = z.int().refine((n) => n > 1 && n <= 1_048_576 && (n & (n - 1)) === 0)

const keystoreSchema = z.object({
  version: z.literal(3),
  id: z.string().max(64),
  parallax: z
    .object({ purpose: z.enum(KEY_PURPOSES), member: z.int().min(0).max(30).optional() })
    .optional(),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    cipherparams: z.object({ iv: hexOf(16) }),
    ciphertext: hexOf(32),
    kdf: z.literal('scrypt'),
    kdfparams: z.object({
      dklen: z.literal(32),
      n: powerOfTwo,
      r: z.int().min(1).max(64),
      p: z.int().min(1).max(16),
      salt: hexOf(8, 64),
    }),
    mac: hexOf(32),
  }),
})

/** Web3 Secret Storage version 3, with what the key is for; unknown fields are left out. */
export type Keystore = z.infer<typeof keystoreSchema>

export interface SealOptions {
  readonly purpose: KeyPurpose
  /** Member index of a signing share. */
  readonly member?: number
  readonly strength: KeystoreStrength
}

/**
 * Encrypts a key of 32 bytes under a passphrase (scrypt, AES-128-CTR, Keccak-256).
 *
 * @throws {OracleError} `PASSPHRASE_EMPTY`, `PRIVATE_KEY_INVALID` when it has not 32 bytes
 */
export async function sealKeystore(
  options: SealOptions,
  keys: { readonly key: Secret; readonly passphrase: Secret },
): Promise<Keystore> {
  if (keys.key.length !== 32) {
    throw new OracleError('PRIVATE_KEY_INVALID', 'a keystore holds a key of exactly 32 bytes')
  }
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const { n, r, p } = SCRYPT[options.strength]
  const derived = await derive(keys.passphrase, { n, r, p, salt })
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = keys.key.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final()]))
  const mac = macOf(derived, ciphertext)
  derived.fill(0)
  const { purpose, member } = options
  return {
    version: 3,
    id: randomUUID(),
    parallax: member === undefined ? { purpose } : { purpose, member },
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf: 'scrypt',
      kdfparams: { dklen: 32, n, r, p, salt: salt.toString('hex') },
      mac: mac.toString('hex'),
    },
  }
}

/**
 * Decrypts a keystore.
 *
 * @throws {OracleError} `KEYSTORE_TOO_WEAK` when its scrypt is cheap and `strength` is standard,
 * `KEYSTORE_TOO_COSTLY`, `KEYSTORE_PASSPHRASE_WRONG`, `PASSPHRASE_EMPTY`
 */
export async function unsealKeystore(
  keystore: Keystore,
  options: { readonly passphrase: Secret; readonly strength: KeystoreStrength },
): Promise<Secret> {
  const { kdfparams, ciphertext, cipherparams, mac } = keystore.crypto
  checkCost(kdfparams, options.strength)
  const salt = Buffer.from(kdfparams.salt, 'hex')
  const derived = await derive(options.passphrase, { ...kdfparams, salt })
  const encrypted = Buffer.from(ciphertext, 'hex')
  if (!timingSafeEqual(macOf(derived, encrypted), Buffer.from(mac, 'hex'))) {
    derived.fill(0)
    throw new OracleError(
      'KEYSTORE_PASSPHRASE_WRONG',
      'the passphrase does not open this keystore, or its file was changed; try again',
      { context: { keystore: keystore.id } },
    )
  }
  const iv = Buffer.from(cipherparams.iv, 'hex')
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const bytes = Buffer.concat([decipher.update(encrypted), decipher.final()])
  const key = Secret.of(bytes)
  bytes.fill(0)
  derived.fill(0)
  return key
}

/**
 * Reads a keystore from a text.
 *
 * @throws {OracleError} `KEYSTORE_INVALID`
 */
export function parseKeystore(text: string): Keystore {
  try {
    return keystoreSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new OracleError(
      'KEYSTORE_INVALID',
      'the file is no Web3 keystore of version 3 with scrypt; name the right file or restore it',
      { cause },
    )
  }
}

/**
 * Writes a new keystore file, mode 0600.
 *
 * @throws {OracleError} `FILE_EXISTS`, `FILE_NOT_WRITTEN`
 */
export async function writeKeystore(path: string, keystore: Keystore): Promise<void> {
  await writePrivateFile(path, `${JSON.stringify(keystore, null, 2)}\n`)
}

export interface OpenOptions {
  readonly path: string
  readonly purpose: KeyPurpose
  /** Member index that a signing share must belong to. */
  readonly member?: number
  readonly passphrase: Secret
  readonly strength: KeystoreStrength
}

/** Such as `signing-share of member 1`: a share is right for one member only. */
function keyText({
  purpose,
  member,
}: {
  readonly purpose: string
  readonly member?: number | undefined
}) {
  return member === undefined ? purpose : `${purpose} of member ${member}`
}

/**
 * Opens a keystore file for one purpose. Keystores of other software carry no purpose and pass.
 *
 * @throws {OracleError} `FILE_UNREADABLE`, `FILE_NOT_PRIVATE`, `FILE_TOO_LARGE`,
 * `KEYSTORE_INVALID`, `KEYSTORE_PURPOSE_WRONG`, and what `unsealKeystore` throws
 */
export async function openKeystore(options: OpenOptions): Promise<Secret> {
  const keystore = parseKeystore(await readPrivateFile(options.path))
  const label = keystore.parallax
  const isRight =
    label === undefined || (label.purpose === options.purpose && label.member === options.member)
  if (!isRight) {
    const [isOf, wanted] = [keyText(label), keyText(options)]
    const members = `and the identity key is that of member ${options.member}`
    const advice =
      options.member === undefined || label?.purpose !== options.purpose
        ? `; name the keystore of the ${wanted}`
        : `, ${members}; name two keystores of one member`
    throw new OracleError('KEYSTORE_PURPOSE_WRONG', `${options.path} is the ${isOf}${advice}`, {
      context: { path: options.path, expected: wanted, found: isOf },
    })
  }
  try {
    return await unsealKeystore(keystore, options)
  } catch (error) {
    if (!(error instanceof OracleError)) throw error
    const context = { path: options.path, ...error.context }
    throw new OracleError(error.code, error.message, { context, cause: error })
  }
}

function checkCost(
  params: { readonly n: number; readonly r: number; readonly p: number },
  strength: KeystoreStrength,
): void {
  const cost = 128 * params.n * params.r * params.p
  const context = { n: params.n, r: params.r, p: params.p }
  if (cost > COST_MAX) {
    throw new OracleError(
      'KEYSTORE_TOO_COSTLY',
      'the keystore asks for more scrypt work than a node does; make it again with `parallax keys`',
      { context },
    )
  }
  if (strength === 'standard' && cost < COST_MIN) {
    throw new OracleError(
      'KEYSTORE_TOO_WEAK',
      'the keystore was made for a local network; make a new one with `parallax keys`',
      { context },
    )
  }
}

async function derive(
  passphrase: Secret,
  params: { readonly n: number; readonly r: number; readonly p: number; readonly salt: Buffer },
): Promise<Buffer> {
  if (passphrase.length === 0) {
    throw new OracleError('PASSPHRASE_EMPTY', 'the passphrase is empty; give one')
  }
  const { n, r, p, salt } = params
  // OpenSSL keeps to N < 2^(128·r/8) of RFC 7914; the published example of the format does not.
  if (n >= 2 ** (16 * r)) {
    const bytes = passphrase.use((lent) => Uint8Array.from(lent))
    return Buffer.from(await scryptAsync(bytes, salt, { N: n, r, p, dkLen: 32 }))
  }
  return await new Promise((resolve, reject) => {
    passphrase.use((bytes) =>
      scrypt(bytes, salt, 32, { N: n, r, p, maxmem: COST_MAX + 16_777_216 }, (error, derived) => {
        if (error === null) resolve(derived)
        else reject(error)
      }),
    )
  })
}

function macOf(derived: Buffer, ciphertext: Uint8Array): Buffer {
  return Buffer.from(keccak_256(Buffer.concat([derived.subarray(16, 32), ciphertext])))
}
