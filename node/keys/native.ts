import { createRequire } from 'node:module'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type { ThresholdScheme } from '../../aggregator/signing/threshold.ts'
import { OracleError } from '../errors.ts'
import { nativeFrost, type PointBinding } from './native-frost.ts'

/** The three functions of ECDSA over secp256k1 that a node needs, native or not. */
export interface Ecdsa {
  readonly implementation: 'native' | 'javascript'
  /** See `Crypto.verifyMessage`. */
  readonly verify: Crypto['verifyMessage']
  /**
   * Signs a digest of 32 bytes: 64 bytes, low-s, nonce by RFC 6979.
   *
   * @throws {OracleError} `PRIVATE_KEY_INVALID`
   */
  readonly sign: (digest: Uint8Array, privateKey: Uint8Array) => Uint8Array
  /** Compressed public key. @throws {OracleError} `PRIVATE_KEY_INVALID` */
  readonly publicKeyOf: (privateKey: Uint8Array) => Uint8Array
}

export interface EcdsaOptions {
  /** What to do where the native addon does not load; JavaScript verifies 30 times slower. */
  readonly fallback: 'refuse' | 'allow'
}

export interface EcdsaDependencies {
  /** Loads the addon; throws when there is none for this platform. */
  readonly load: () => unknown
}

/** What we use of `secp256k1/bindings.js`. */
interface Binding extends PointBinding {
  readonly ecdsaVerify: (signature: Uint8Array, digest: Uint8Array, key: Uint8Array) => boolean
  readonly ecdsaSign: (digest: Uint8Array, key: Uint8Array) => { readonly signature: Uint8Array }
}

const require = createRequire(import.meta.url)

/** The package's own entry falls back to JavaScript without a word; its binding does not. */
function loadBinding(): unknown {
  return require('secp256k1/bindings.js')
}

/**
 * Loads native secp256k1, or its JavaScript reference where that was allowed.
 *
 * @throws {OracleError} `NATIVE_SECP256K1_MISSING`
 */
export function loadEcdsa(
  options: EcdsaOptions,
  dependencies: EcdsaDependencies = { load: loadBinding },
): Ecdsa {
  try {
    return nativeEcdsa(dependencies.load() as Binding)
  } catch (cause) {
    if (options.fallback === 'allow') return javascriptEcdsa
    throw new OracleError(
      'NATIVE_SECP256K1_MISSING',
      'the native secp256k1 addon does not load; install it, or allow the slow fallback',
      { cause },
    )
  }
}

/** FROST by the implementation that was loaded for ECDSA. */
export function thresholdOf(implementation: Ecdsa['implementation']): ThresholdScheme {
  return implementation === 'native' ? nativeFrost(loadBinding() as Binding) : frostScheme
}

/** Cryptography of a node: keccak256, ECDSA as loaded, and FROST (architecture.md). */
export function cryptoOf(ecdsa: Ecdsa): Crypto {
  return {
    keccak256: (bytes) => keccak_256(bytes),
    verifyMessage: ecdsa.verify,
    threshold: thresholdOf(ecdsa.implementation),
  }
}

/** Lengths and the key's form, so that both implementations see the same inputs. */
function isWellFormed(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
  const isCompressed = publicKey.length === 33 && (publicKey[0] === 2 || publicKey[0] === 3)
  return isCompressed && signature.length === 64 && digest.length === 32
}

function privateKeyInvalid(): OracleError {
  // Without a cause: it might carry the key.
  return new OracleError(
    'PRIVATE_KEY_INVALID',
    'a private key must have 32 bytes, be above zero and below the order of secp256k1',
  )
}

function nativeEcdsa(binding: Binding): Ecdsa {
  return {
    implementation: 'native',
    verify(signature, digest, publicKey) {
      if (!isWellFormed(signature, digest, publicKey)) return false
      try {
        // libsecp256k1 accepts low-s only.
        return binding.ecdsaVerify(signature, digest, publicKey)
      } catch {
        // Not a curve point, or r or s not below the order.
        return false
      }
    },
    sign(digest, privateKey) {
      try {
        return binding.ecdsaSign(digest, privateKey).signature
      } catch {
        throw privateKeyInvalid()
      }
    },
    publicKeyOf(privateKey) {
      try {
        return binding.publicKeyCreate(privateKey, true)
      } catch {
        throw privateKeyInvalid()
      }
    },
  }
}

/** The checked reference: @noble/curves. */
export const javascriptEcdsa: Ecdsa = {
  implementation: 'javascript',
  verify(signature, digest, publicKey) {
    if (!isWellFormed(signature, digest, publicKey)) return false
    try {
      return secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true })
    } catch {
      return false
    }
  },
  sign(digest, privateKey) {
    try {
      return secp256k1.sign(digest, privateKey, { prehash: false, lowS: true })
    } catch {
      throw privateKeyInvalid()
    }
  },
  publicKeyOf(privateKey) {
    try {
      return secp256k1.getPublicKey(privateKey, true)
    } catch {
      throw privateKeyInvalid()
    }
  },
}
