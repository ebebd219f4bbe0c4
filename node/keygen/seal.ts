import { createCipheriv, createDecipheriv, createECDH, hkdfSync } from 'node:crypto'
import type { KeygenContext } from '../../aggregator/keygen/context.ts'
import { KEYGEN_VERSION, statementBytes } from '../../aggregator/keygen/statements.ts'
import { ascii, concat } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'

export const SEALED_TAG = 73
const CIPHER = 'chacha20-poly1305'
const DOMAIN = ascii('parallax.keygen.share.1')
const SALT_BYTES = 32
const AUTH_BYTES = 16
/** Tag, version, committeeDigest, sender, recipient. */
const HEAD_BYTES = 36
const KEY_BYTES = 32
const NONCE_BYTES = 12

/** Who tells whom. */
export interface Route {
  readonly sender: MemberIndex
  readonly recipient: MemberIndex
}

export interface SealOptions extends Route {
  readonly context: KeygenContext
  /** Secret identity key of the one who seals or opens. */
  readonly privateKey: Uint8Array
}

/**
 * Encrypts a signed share to its recipient: ECDH of the two identity keys, HKDF-SHA256 with a fresh
 * salt, ChaCha20-Poly1305. Attempt, sender and recipient enter key and associated data, so that an
 * envelope opens nowhere else. Layout: head ‖ salt ‖ ciphertext ‖ authentication tag.
 *
 * @param random gives the asked number of unpredictable bytes
 */
export function sealShare(
  options: SealOptions & { readonly random: (length: number) => Uint8Array },
  signedShare: Uint8Array,
): Uint8Array {
  const head = headOf(options)
  const salt = options.random(SALT_BYTES)
  const { key, nonce } = keysOf(options, { salt, other: options.recipient })
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: AUTH_BYTES })
  cipher.setAAD(concat(head, salt), { plaintextLength: signedShare.length })
  const ciphertext = concat(cipher.update(signedShare), cipher.final())
  key.fill(0)
  return concat(head, salt, ciphertext, cipher.getAuthTag())
}

/** Sender and recipient as a sealed share names them; null when it is none of this committee. */
export function routeOf(context: KeygenContext, sealed: Uint8Array): Route | null {
  if (sealed.length !== sealedBytes(context) || sealed[0] !== SEALED_TAG) return null
  const [sender = 0, recipient = 0] = sealed.subarray(HEAD_BYTES - 2, HEAD_BYTES)
  if (sender >= context.size || recipient >= context.size) return null
  return { sender, recipient }
}

/** The signed share inside; null when the envelope was not made for this attempt and route. */
export function openShare(options: SealOptions, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length !== sealedBytes(options.context)) return null
  const head = headOf(options)
  if (!head.every((byte, index) => sealed[index] === byte)) return null
  const salt = sealed.subarray(HEAD_BYTES, HEAD_BYTES + SALT_BYTES)
  const ciphertext = sealed.subarray(HEAD_BYTES + SALT_BYTES, sealed.length - AUTH_BYTES)
  const { key, nonce } = keysOf(options, { salt, other: options.sender })
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: AUTH_BYTES })
  key.fill(0)
  decipher.setAAD(concat(head, salt), { plaintextLength: ciphertext.length })
  decipher.setAuthTag(sealed.subarray(sealed.length - AUTH_BYTES))
  try {
    return concat(decipher.update(ciphertext), decipher.final())
  } catch {
    return null
  }
}

function sealedBytes(context: KeygenContext): number {
  return HEAD_BYTES + SALT_BYTES + statementBytes(context, 'share') + AUTH_BYTES
}

function headOf({ context, sender, recipient }: SealOptions): Uint8Array {
  const tail = Uint8Array.of(sender, recipient)
  return concat(Uint8Array.of(SEALED_TAG, KEYGEN_VERSION), context.digest, tail)
}

function keysOf(
  options: SealOptions,
  { salt, other }: { readonly salt: Uint8Array; readonly other: MemberIndex },
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const { context, sender, recipient, privateKey } = options
  const keyOf = (index: MemberIndex) => context.identityKeys[index] ?? new Uint8Array(0)
  const exchange = createECDH('secp256k1')
  exchange.setPrivateKey(privateKey)
  const shared = exchange.computeSecret(keyOf(other))
  const info = concat(DOMAIN, context.digest, keyOf(sender), keyOf(recipient))
  const derived = new Uint8Array(hkdfSync('sha256', shared, salt, info, KEY_BYTES + NONCE_BYTES))
  shared.fill(0)
  return { key: derived.subarray(0, KEY_BYTES), nonce: derived.subarray(KEY_BYTES) }
}
