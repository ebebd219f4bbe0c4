import { toHex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { Committee } from '../aggregator/committee/committee.ts'
import type { Params } from '../aggregator/committee/params.ts'
import { equalBytes } from '../aggregator/values/bytes.ts'
import type { MemberIndex } from '../aggregator/values/ids.ts'
import type { NodeConfig, PassphraseSetting } from './config/schema.ts'
import type { Pkcs11Setting, Web3SignerSetting } from './config/transmitter-schema.ts'
import { OracleError } from './errors.ts'
import type { Ecdsa } from './keys/ecdsa.ts'
import { type KeyPurpose, openKeystore } from './keys/keystore.ts'
import { type PassphraseSource, readPassphrase, type Terminal } from './keys/passphrase.ts'
import type { Secret } from './keys/secret.ts'
import type { Web3SignerOptions } from './keys/web3signer.ts'
import { pinReader } from './pkcs11/pin.ts'
import { TokenKey } from './pkcs11/token-key.ts'

/** The opened keys that sign for one member. */
export interface MemberKeys {
  /** Whose identity key it is. */
  readonly self: MemberIndex
  readonly identity: Secret
  readonly signingShare: Secret
}

/** What a node opens itself. */
export interface OpenKeys {
  /** Null when a signer in a process of its own holds them. */
  readonly member: MemberKeys | null
  /** The wallet that pays for gas; null when its key is elsewhere, or there is none. */
  readonly transmitter: PrivateKeyAccount | null
  /** Where the key of the wallet is, when that is a token. */
  readonly token: TokenKey | null
}

export interface OpenKeysOptions {
  readonly config: NodeConfig['keys']
  readonly committee: Committee
}

interface OpenKeysDependencies {
  readonly ecdsa: Ecdsa
  readonly terminal: Terminal
}

/**
 * Opens the keystores of a node with one passphrase, and finds out which member it is.
 *
 * @throws {OracleError} `IDENTITY_NOT_MEMBER`, and what passphrases and keystores throw
 */
export async function openKeys(
  options: OpenKeysOptions,
  dependencies: OpenKeysDependencies,
): Promise<OpenKeys> {
  const { config } = options
  const path = typeof config.transmitter === 'string' ? config.transmitter : undefined
  const token = tokenOf(config.transmitter, dependencies.terminal)
  if (config.signer !== undefined && path === undefined) {
    return { member: null, transmitter: null, token }
  }
  return await withPassphrase(config, dependencies.terminal, async (passphrase) => {
    const member =
      config.signer === undefined ? await openMember(options, dependencies, passphrase) : null
    if (path === undefined) return { member, transmitter: null, token }
    const { strength } = config
    const key = await openKeystore({ path, purpose: 'transmitter', passphrase, strength })
    return { member, transmitter: accountOf(key), token }
  })
}

/** Opens the keys that sign for a member, and no other. See `openKeys`. */
export async function openMemberKeys(
  options: OpenKeysOptions,
  dependencies: OpenKeysDependencies,
): Promise<MemberKeys> {
  return await withPassphrase(options.config, dependencies.terminal, (passphrase) =>
    openMember(options, dependencies, passphrase),
  )
}

async function withPassphrase<T>(
  config: NodeConfig['keys'],
  terminal: Terminal,
  use: (passphrase: Secret) => Promise<T>,
): Promise<T> {
  const passphrase = await readPassphrase(sourceOf(config.passphrase), terminal)
  try {
    return await use(passphrase)
  } finally {
    passphrase.erase()
  }
}

async function openMember(
  { config, committee }: OpenKeysOptions,
  { ecdsa }: OpenKeysDependencies,
  passphrase: Secret,
): Promise<MemberKeys> {
  const open = (path: string, purpose: KeyPurpose, member: { readonly member?: number } = {}) =>
    openKeystore({ path, purpose, passphrase, strength: config.strength, ...member })
  const identity = await open(config.identity, 'identity')
  const self = memberOf(committee.params, identity.use(ecdsa.publicKeyOf))
  const signingShare = await open(config.signingShare, 'signing-share', { member: self })
  return { self, identity, signingShare }
}

/** Where the configuration says that the passphrase comes from. */
export function sourceOf(setting: PassphraseSetting | Pkcs11Setting['pin']): PassphraseSource {
  if ('file' in setting) return { from: 'file', path: setting.file }
  if ('descriptor' in setting) return { from: 'descriptor', descriptor: setting.descriptor }
  return { from: 'prompt', question: 'Passphrase of the key files: ' }
}

/** Which member an identity key is. @throws {OracleError} `IDENTITY_NOT_MEMBER` */
export function memberOf(params: Params, publicKey: Uint8Array): MemberIndex {
  const index = params.members.findIndex(({ identityKey }) => equalBytes(identityKey, publicKey))
  if (index >= 0) return index
  throw new OracleError(
    'IDENTITY_NOT_MEMBER',
    'the identity key belongs to no member of the committee file; name the right key or committee',
    { context: { publicKey: toHex(publicKey) } },
  )
}

/** Where the remote signer of one chain is, as the configuration says. */
export function web3signerOf(setting: Web3SignerSetting, chain: string): Web3SignerOptions {
  const { address, timeoutMs, tls, url, urls } = setting
  return { url: urls[chain] ?? url, address, timeoutMs, tls }
}

/** The token that holds a wallet's key; it is asked nothing yet. Null for a key elsewhere. */
export function tokenOf(
  setting: NodeConfig['keys']['transmitter'],
  terminal: Terminal,
): TokenKey | null {
  if (typeof setting !== 'object' || 'web3signer' in setting) return null
  const { pin, ...name } = setting.pkcs11
  return new TokenKey(name, { readPin: pinReader(sourceOf(pin), terminal) })
}

/** What has to be stopped of opened keys. */
export function tokensOf({ token }: Pick<OpenKeys, 'token'>): readonly TokenKey[] {
  return token === null ? [] : [token]
}

/** The library keeps a text form of this key; it has no authority over prices (protocol §2.3). */
function accountOf(key: Secret): PrivateKeyAccount {
  const account = key.use((bytes) => privateKeyToAccount(toHex(bytes)))
  key.erase()
  return account
}
