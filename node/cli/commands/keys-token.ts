import { resolve } from 'node:path'
import { getAddress } from 'viem'
import { toHex } from '../../../aggregator/values/bytes.ts'
import { addressOfKey } from '../../evidence/calldata.ts'
import { askPublicKey } from '../../pkcs11/ask-public-key.ts'
import type { TokenKeyName } from '../../pkcs11/open-token.ts'
import { pinReader } from '../../pkcs11/pin.ts'
import { OPEN_MS_MAX, TokenKey } from '../../pkcs11/token-key.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { factsText } from '../key-facts.ts'
import { PIN_OPTIONS, pinSourceOf } from '../passphrase-options.ts'

const OPTIONS = {
  ...PIN_OPTIONS,
  module: {
    type: 'string',
    value: 'FILE',
    required: true,
    describe: 'shared library of the token, such as /usr/lib/softhsm/libsofthsm2.so',
  },
  token: { type: 'string', value: 'LABEL', describe: 'label of the token' },
  slot: { type: 'string', value: 'NUMBER', describe: 'slot of the token, if labels repeat' },
  'key-label': { type: 'string', value: 'LABEL', describe: 'label of the private key' },
  'key-id': { type: 'string', value: 'HEX', describe: 'its id, if labels repeat' },
} as const

/** Has a key in a token sign something without consequence, and shows whose signature it is. */
export const keysToken = command({
  name: 'keys token',
  summary: 'Log in to a PKCS #11 token and show the public side of a key in it.',
  options: OPTIONS,
  run: async (options, { stdout, terminal, signal }) => {
    const source = pinSourceOf(options)
    const token = new TokenKey(nameOf(options), { readPin: pinReader(source, terminal) })
    try {
      const sign = (digest: Uint8Array) => token.sign(digest, { timeoutMs: OPEN_MS_MAX, signal })
      const publicKey = await askPublicKey(sign)
      const facts = { address: getAddress(addressOfKey(publicKey)), publicKey: toHex(publicKey) }
      stdout.write(options.json ? `${JSON.stringify(facts)}\n` : factsText(facts))
      return EXIT_DONE
    } finally {
      await token.stop()
    }
  },
})

interface NameOptions {
  readonly module: string
  readonly token: string | undefined
  readonly slot: string | undefined
  readonly 'key-label': string | undefined
  readonly 'key-id': string | undefined
}

function nameOf(options: NameOptions): TokenKeyName {
  const { module, token, slot, 'key-label': keyLabel, 'key-id': keyId } = options
  if (token === undefined && slot === undefined) throw usageError('give --token or --slot')
  if (keyLabel === undefined && keyId === undefined) {
    throw usageError('give --key-label or --key-id')
  }
  if (slot !== undefined && !/^\d{1,15}$/.test(slot)) throw usageError('--slot must be a number')
  if (keyId !== undefined && !/^(?:[0-9a-fA-F]{2})+$/.test(keyId)) {
    throw usageError('--key-id must be hexadecimal digits')
  }
  return {
    ...{ module: resolve(module), token, keyLabel, keyId },
    slot: slot === undefined ? undefined : Number(slot),
  }
}
