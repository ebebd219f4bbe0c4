import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { peerIdOf } from '../gossip/roster.ts'
import type { Secret } from '../keys/secret.ts'

/** Purposes whose keys an operator makes; shares come from key generation (protocol §11.1). */
export const MADE_PURPOSES = ['identity', 'transmitter'] as const
export type MadePurpose = (typeof MADE_PURPOSES)[number]

/** What may be shown of a key: enough to recognise it and to tell others. */
export type KeyFacts =
  | { readonly purpose: 'identity'; readonly publicKey: string; readonly peerId: string }
  | { readonly purpose: 'transmitter'; readonly address: string }

/** The public side of a key: for an identity what the committee file lists, else the wallet. */
export function factsOf(purpose: MadePurpose, key: Secret): KeyFacts {
  if (purpose === 'transmitter') {
    const { address } = key.use((bytes) => privateKeyToAccount(bytesToHex(bytes)))
    return { purpose, address }
  }
  const publicKey = key.use((bytes) => secp256k1.getPublicKey(bytes, true))
  return { purpose, publicKey: toHex(publicKey), peerId: peerIdOf(publicKey, 0).toString() }
}

/** One fact a line. */
export function factsText(facts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(facts).map(([name, value]) => `${name}: ${value}`)
  return `${lines.join('\n')}\n`
}
