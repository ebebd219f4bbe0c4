import { privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey, Secp256k1PrivateKey } from '@libp2p/interface'
import { OracleError } from '../errors.ts'

/** A key that lies elsewhere: somebody signs with it when asked. */
export interface RemoteIdentity {
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array
  /** Signs what libp2p proves an identity with; a signature in DER over its SHA-256. */
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>
}

/** Secret identity key of 32 bytes, or whoever holds it. */
export type NetworkIdentity = Uint8Array | RemoteIdentity

/** The identity as libp2p uses it. @throws {OracleError} `GOSSIP_PRIVATE_KEY_INVALID` */
export function privateKeyOf(identity: NetworkIdentity): PrivateKey {
  if (!(identity instanceof Uint8Array)) return remoteKey(identity)
  try {
    if (identity.length !== 32) throw new RangeError('expected 32 bytes')
    return privateKeyFromRaw(Uint8Array.from(identity))
  } catch {
    // The cause would carry the key into logs.
    throw new OracleError(
      'GOSSIP_PRIVATE_KEY_INVALID',
      'the identity key is no secp256k1 key of 32 bytes; open the right keystore',
    )
  }
}

function remoteKey({ publicKey, sign }: RemoteIdentity): Secp256k1PrivateKey {
  const key = publicKeyFromRaw(publicKey)
  if (key.type !== 'secp256k1') throw new TypeError('an identity key is of secp256k1')
  return {
    type: 'secp256k1',
    publicKey: key,
    raw: new Uint8Array(0),
    equals: (other?: { readonly publicKey?: unknown }) => key.equals(other?.publicKey),
    sign: (data) => sign(data instanceof Uint8Array ? data : data.subarray()),
  }
}
