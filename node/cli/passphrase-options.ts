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
  return secretSourceOf(
    'passphrase',
    { path, descriptor: options['passphrase-descriptor'] },
    question,
  )
}

/** Options to read the PIN of a token. */
export const PIN_OPTIONS = {
  'pin-file': {
    type: 'string',
    value: 'FILE',
    describe: 'file with the PIN; without one it is asked for on the terminal',
  },
  'pin-descriptor': {
    type: 'string',
    value: 'NUMBER',
    describe: 'open file descriptor to read the PIN from',
  },
} as const

/** Where the PIN comes from by these options. */
export function pinSourceOf(
  options: Readonly<Partial<Record<keyof typeof PIN_OPTIONS, string | undefined>>>,
): PassphraseSource {
  const [path, descriptor] = [options['pin-file'], options['pin-descriptor']]
  return secretSourceOf('pin', { path, descriptor }, 'PIN of the token: ')
}

function secretSourceOf(
  what: 'passphrase' | 'pin',
  { path, descriptor }: Readonly<Record<'path' | 'descriptor', string | undefined>>,
  question: string,
): PassphraseSource {
  if (path !== undefined && descriptor !== undefined) {
    throw usageError(`give --${what}-file or --${what}-descriptor, not both`)
  }
  if (path !== undefined) return { from: 'file', path }
  if (descriptor === undefined) return { from: 'prompt', question }
  if (!/^\d{1,4}$/.test(descriptor)) throw usageError(`--${what}-descriptor must be a number`)
  return { from: 'descriptor', descriptor: Number(descriptor) }
}
