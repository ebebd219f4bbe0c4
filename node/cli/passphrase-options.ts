import type { PassphraseSource } from '../keys/passphrase.ts'
import { usageError } from './command.ts'

/** Options of every command that opens or makes a key file. */
export const PASSPHRASE_OPTIONS = {
  'passphrase-file': {
    type: 'string',
    value: 'FILE',
    describe: 'file with the passphrase; without one it is asked for on the terminal',
  },
  'passphrase-descriptor': {
    type: 'string',
    value: 'NUMBER',
    describe: 'open file descriptor to read the passphrase from',
  },
} as const

/** Where the passphrase comes from by these options: a file, a descriptor, or the terminal. */
export function passphraseSourceOf(
  options: Readonly<Partial<Record<keyof typeof PASSPHRASE_OPTIONS, string | undefined>>>,
  question: string,
): PassphraseSource {
  const path = options['passphrase-file']
  const descriptor = options['passphrase-descriptor']
  if (path !== undefined && descriptor !== undefined) {
    throw usageError('give --passphrase-file or --passphrase-descriptor, not both')
  }
  if (path !== undefined) return { from: 'file', path }
  if (descriptor === undefined) return { from: 'prompt', question }
  if (!/^\d{1,4}$/.test(descriptor)) throw usageError('--passphrase-descriptor must be a number')
  return { from: 'descriptor', descriptor: Number(descriptor) }
}
