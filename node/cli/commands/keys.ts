import { secp256k1 } from '@noble/curves/secp256k1.js'
import { openKeystore, sealKeystore, writeKeystore } from '../../keys/keystore.ts'
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

function purposeOf(text: string): MadePurpose {
  const purpose = MADE_PURPOSES.find((known) => known === text)
  if (purpose === undefined) throw usageError(`--purpose must be ${MADE_PURPOSES.join(' or ')}`)
  return purpose
}

function shown(facts: KeyFacts, json: boolean): string {
  return json ? `${JSON.stringify(facts)}\n` : factsText(facts)
}
