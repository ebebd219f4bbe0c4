import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Address, isAddress } from 'viem'
import { enrolmentCalldata } from '../../evidence/calldata.ts'
import { openKeystore, sealKeystore, writeKeystore } from '../../keys/keystore.ts'
import { loadEcdsa } from '../../keys/native.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { Secret } from '../../keys/secret.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import type { KeyFacts, MadePurpose } from '../key-facts.ts'
import { factsOf, factsText, MADE_PURPOSES } from '../key-facts.ts'
import { PASSPHRASE_OPTIONS, passphraseSourceOf } from '../passphrase-options.ts'

const OPTIONS = {
  ...PASSPHRASE_OPTIONS,
  purpose: {
    type: 'string',
    value: 'identity|transmitter',
    describe: 'what it is for',
    required: true,
  },
  development: { type: 'boolean', describe: 'cheap to guess: for local networks only' },
} as const

/** Makes a key and writes it encrypted; shows what others need to know of it. */
export const keysNew = command({
  name: 'keys new',
  summary: 'Make a key and write it to a new encrypted file.',
  argument: 'FILE',
  options: OPTIONS,
  run: async (options, { argument, stdout, terminal }) => {
    const purpose = purposeOf(options.purpose)
    const source = passphraseSourceOf(options, 'New passphrase: ')
    const passphrase = await readPassphrase(source, terminal)
    const key = Secret.of(secp256k1.utils.randomSecretKey())
    const strength = options.development ? 'development' : 'standard'
    const keystore = await sealKeystore({ purpose, strength }, { key, passphrase })
    await writeKeystore(argument, keystore)
    stdout.write(shown(factsOf(purpose, key), options.json))
    key.erase()
    return EXIT_DONE
  },
})

/** Opens a key file and shows its public side. */
export const keysShow = command({
  name: 'keys show',
  summary: 'Open a key file and show its public side.',
  argument: 'FILE',
  options: OPTIONS,
  run: async (options, { argument: path, stdout, terminal }) => {
    const purpose = purposeOf(options.purpose)
    const passphrase = await readPassphrase(
      passphraseSourceOf(options, `Passphrase of ${path}: `),
      terminal,
    )
    const strength = options.development ? 'development' : 'standard'
    const key = await openKeystore({ path, purpose, passphrase, strength })
    stdout.write(shown(factsOf(purpose, key), options.json))
    key.erase()
    return EXIT_DONE
  },
})

const ENROL_OPTIONS = {
  ...PASSPHRASE_OPTIONS,
  development: OPTIONS.development,
  chain: { type: 'string', value: 'ID', describe: 'chain of the contract', required: true },
  bonds: { type: 'string', value: 'ADDRESS', describe: 'the MemberBonds contract', required: true },
  operator: {
    type: 'string',
    value: 'ADDRESS',
    describe: 'account that will decide over the stake and send the transaction',
    required: true,
  },
  payee: { type: 'string', value: 'ADDRESS', describe: 'who is paid', required: true },
} as const

/** Puts the stake of an identity key into an operator's hands. */
export const keysEnrol = command({
  name: 'keys enrol',
  summary: "Print the calldata with which an operator enrols an identity key's stake.",
  argument: 'FILE',
  options: ENROL_OPTIONS,
  run: async (options, { argument: path, stdout, terminal }) => {
    if (!/^[0-9]{1,20}$/.test(options.chain)) throw usageError('--chain must be a number')
    const enrolment = {
      chainId: BigInt(options.chain),
      bonds: addressFrom('bonds', options.bonds),
      operator: addressFrom('operator', options.operator),
      payee: addressFrom('payee', options.payee),
    }
    const passphrase = await readPassphrase(
      passphraseSourceOf(options, `Passphrase of ${path}: `),
      terminal,
    )
    const strength = options.development ? 'development' : 'standard'
    const key = await openKeystore({ path, purpose: 'identity', passphrase, strength })
    const calldata = enrolmentCalldata(loadEcdsa({ fallback: 'allow' }), key, enrolment)
    key.erase()
    stdout.write(options.json ? `${JSON.stringify({ calldata })}\n` : `${calldata}\n`)
    return EXIT_DONE
  },
})

function addressFrom(name: string, text: string): Address {
  if (isAddress(text)) return text
  throw usageError(`--${name} must be an address`)
}

function purposeOf(text: string): MadePurpose {
  const purpose = MADE_PURPOSES.find((known) => known === text)
  if (purpose === undefined) throw usageError(`--purpose must be ${MADE_PURPOSES.join(' or ')}`)
  return purpose
}

function shown(facts: KeyFacts, json: boolean): string {
  return json ? `${JSON.stringify(facts)}\n` : factsText(facts)
}
