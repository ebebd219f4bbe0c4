import { createRequire } from 'node:module'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type { ThresholdScheme } from '../../aggregator/signing/threshold.ts'
import { OracleError } from '../errors.ts'
import { type Ecdsa, isWellFormed, javascriptEcdsa, privateKeyInvalid } from './ecdsa.ts'
import { nativeFrost, type PointBinding } from './native-frost.ts'

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
