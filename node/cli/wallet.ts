import { bytesToHex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { openKeystore } from '../keys/keystore.ts'
import { readPassphrase, type Terminal } from '../keys/passphrase.ts'
import { PASSPHRASE_OPTIONS, passphraseSourceOf } from './passphrase-options.ts'

/** Options of a command that sends transactions. */
export const WALLET_OPTIONS = {
  ...PASSPHRASE_OPTIONS,
  wallet: {
    type: 'string',
    value: 'FILE',
    describe: 'key file of purpose transmitter; it pays, and gets no rights',
    required: true,
  },
  development: { type: 'boolean', describe: 'the key file is a cheap one' },
} as const

/**
 * Opens the key file that pays.
 *
 * @throws {OracleError} those of key files and passphrases
 */
export async function accountFrom(
  options: {
    readonly wallet: string
    readonly development: boolean
    readonly 'passphrase-file': string | undefined
    readonly 'passphrase-descriptor': string | undefined
  },
  terminal: Terminal,
): Promise<PrivateKeyAccount> {
  const { wallet: path, development } = options
  const source = passphraseSourceOf(options, `Passphrase of ${path}: `)
  const passphrase = await readPassphrase(source, terminal)
  const strength = development ? 'development' : 'standard'
  const key = await openKeystore({ path, purpose: 'transmitter', passphrase, strength })
  const account = key.use((bytes) => privateKeyToAccount(bytesToHex(bytes)))
  key.erase()
  return account
}
