import { join, relative, resolve } from 'node:path'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ConfigError } from '../../config/config-error.ts'
import { DEFAULTS } from '../../config/defaults.ts'
import { parseConfig } from '../../config/load.ts'
import type { TemplateValues } from '../../config/template.ts'
import { configTemplate } from '../../config/template.ts'
import { sealKeystore, writeKeystore } from '../../keys/keystore.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { Secret } from '../../keys/secret.ts'
import { makeDirectory } from '../../store/durable-file.ts'
import type { OptionValues } from '../command.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import type { KeyFacts, MadePurpose } from '../key-facts.ts'
import { factsOf, factsText, MADE_PURPOSES } from '../key-facts.ts'
import { writeNewFile } from '../new-file.ts'
import { PASSPHRASE_OPTIONS, passphraseSourceOf } from '../passphrase-options.ts'

/** Endpoints of a configuration may hold keys of providers, so nobody else may read it. */
const OWNER_ONLY = 0o600

const OPTIONS = {
  ...PASSPHRASE_OPTIONS,
  directory: { type: 'string', value: 'DIR', describe: 'where to write; default: here' },
  name: { type: 'string', value: 'NAME', describe: 'name of the node' },
  committee: { type: 'string', value: 'FILE', describe: 'committee file' },
  listen: { type: 'string', value: 'ADDR', describe: 'address to listen on', multiple: true },
  member: {
    type: 'string',
    value: 'INDEX=ADDR',
    describe: 'address of another member, such as 1=/ip4/203.0.113.5/tcp/9000',
    multiple: true,
  },
  'api-port': { type: 'string', value: 'PORT', describe: 'port of the API' },
  'chain-name': { type: 'string', value: 'NAME', describe: 'name of a target chain' },
  'chain-id': { type: 'string', value: 'ID', describe: 'its id' },
  contract: { type: 'string', value: '0x…', describe: 'address of PriceFeeds there' },
  'rpc-url': { type: 'string', value: 'URL', describe: 'endpoint of the chain', multiple: true },
  development: { type: 'boolean', describe: 'keys cheap to guess: for local networks only' },
} as const

type Options = OptionValues<typeof OPTIONS>

/** Writes a commented configuration and new keys; overwrites nothing. */
export const init = command({
  name: 'init',
  summary: 'Write a commented configuration and new encrypted keys.',
  options: OPTIONS,
  run: async (options, { stdout, terminal }) => {
    const directory = resolve(options.directory ?? '.')
    // Checked before anything is written: a wrong option must not leave half a set-up behind.
    const text = configTemplate(valuesOf(options, directory))
    const parsed = parseConfig(text)
    const file = join(directory, 'node.yaml')
    if (parsed.type === 'refused') throw new ConfigError(file, parsed.problems)
    const source = passphraseSourceOf(options, 'New passphrase of the keys: ')
    const passphrase = await readPassphrase(source, terminal)
    makeDirectory(join(directory, 'keys'))
    await writeNewFile(file, text, OWNER_ONLY)
    const facts: KeyFacts[] = []
    for (const purpose of MADE_PURPOSES) {
      const path = join(directory, 'keys', `${purpose}.json`)
      facts.push(await makeKey(path, { purpose, passphrase, development: options.development }))
    }
    stdout.write(options.json ? `${JSON.stringify({ file, keys: facts })}\n` : report(file, facts))
    return EXIT_DONE
  },
})

function valuesOf(options: Options, directory: string): TemplateValues {
  const passphraseFile = options['passphrase-file']
  return {
    name: options.name ?? DEFAULTS.name,
    committee: options.committee === undefined ? 'committee.json' : resolve(options.committee),
    listen: options.listen.length > 0 ? options.listen : ['/ip4/0.0.0.0/tcp/9000'],
    members: options.member.map(memberOf),
    passphraseFile:
      passphraseFile === undefined ? null : relative(directory, resolve(passphraseFile)),
    strength: options.development ? 'development' : 'standard',
    apiPort: wholeOf(options['api-port'], '--api-port') ?? DEFAULTS.api.port,
    chain: chainOf(options),
  }
}

function memberOf(text: string): TemplateValues['members'][number] {
  const match = /^(\d{1,2})=(.+)$/.exec(text)
  if (match === null) throw usageError(`--member ${text} must be INDEX=ADDR`, 'init')
  return { index: Number(match[1]), address: match[2] ?? '' }
}

function chainOf(options: Options): TemplateValues['chain'] {
  const { contract, 'rpc-url': rpcUrls, 'chain-name': name = 'main' } = options
  const chainId = wholeOf(options['chain-id'], '--chain-id')
  if (contract === undefined && chainId === null && rpcUrls.length === 0) return null
  if (contract === undefined || chainId === null || rpcUrls.length === 0) {
    throw usageError('a chain needs --chain-id, --contract and --rpc-url', 'init')
  }
  return { name, chainId, contract, rpcUrls }
}

function wholeOf(text: string | undefined, option: string): number | null {
  if (text === undefined) return null
  if (!/^\d{1,15}$/.test(text)) throw usageError(`${option} must be a whole number`, 'init')
  return Number(text)
}

async function makeKey(
  path: string,
  options: {
    readonly purpose: MadePurpose
    readonly passphrase: Secret
    readonly development: boolean
  },
): Promise<KeyFacts> {
  const { purpose, passphrase, development } = options
  const key = Secret.of(secp256k1.utils.randomSecretKey())
  const strength = development ? 'development' : 'standard'
  await writeKeystore(path, await sealKeystore({ purpose, strength }, { key, passphrase }))
  const facts = factsOf(purpose, key)
  key.erase()
  return facts
}

function report(file: string, facts: readonly KeyFacts[]): string {
  const next = [
    `wrote ${file}`,
    'next: give your public key to the others, take part in key generation for the committee',
    `file and the signing share, then: parallax config check ${file}`,
  ]
  return `${facts.map(factsText).join('\n')}\n${next.join('\n')}\n`
}
