import { hash } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bigintBytes, bigintFrom } from '../../aggregator/values/bytes.ts'

const { Fn } = secp256k1.Point
const CONTEXT = 'FROST-secp256k1-SHA256-v1'
/** Bytes that SHA-256 takes at once, and bytes that a scalar is drawn from (RFC 9380, §5). */
const [BLOCK_BYTES, SCALAR_BYTES] = [64, 48]

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const input = Buffer.concat(parts)
  const digest = hash('sha256', input, 'buffer')
  // A nonce is hashed with the share, and no copy of that may stay.
  input.fill(0)
  return digest
}

/** hash_to_field of RFC 9380 with expand_message_xmd, modulo the order: 32 big-endian bytes. */
const hashToScalar = (use: string) => {
  const tag = Buffer.from(CONTEXT + use)
  const suffix = Buffer.concat([tag, Uint8Array.of(tag.length)])
  const start = new Uint8Array(BLOCK_BYTES)
  const lengthAndZero = Uint8Array.of(0, SCALAR_BYTES, 0)
  return (input: Uint8Array): Uint8Array => {
    const zeroth = sha256(start, input, lengthAndZero, suffix)
    const first = sha256(zeroth, Uint8Array.of(1), suffix)
    const mixed = zeroth.map((byte, at) => byte ^ (first[at] ?? 0))
    const second = sha256(mixed, Uint8Array.of(2), suffix)
    const uniform = Buffer.concat([first, second]).subarray(0, SCALAR_BYTES)
    const scalar = bigintBytes(Fn.create(bigintFrom(uniform)), 32)
    for (const each of [zeroth, first, mixed, second, uniform]) each.fill(0)
    return scalar
  }
}
const hashToBytes = (use: string) => {
  const prefix = Buffer.from(CONTEXT + use)
  return (input: Uint8Array): Uint8Array => sha256(prefix, input)
}

/** The hash functions of RFC 9591, §6.5, in the engine's own SHA-256. */
export const bindingHash = hashToScalar('rho')
export const challengeHash = hashToScalar('chal')
export const nonceHash = hashToScalar('nonce')
export const messageHash = hashToBytes('msg')
export const listHash = hashToBytes('com')
