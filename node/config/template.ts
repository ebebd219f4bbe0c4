import { newFeeds } from '../sources/defaults.ts'
import { DEFAULTS } from './defaults.ts'

/** What a new configuration says besides the defaults. */
export interface TemplateValues {
  readonly name: string
  readonly committee: string
  readonly listen: readonly string[]
  readonly members: readonly { readonly index: number; readonly address: string }[]
  /** File with the passphrase; null to be asked on the terminal. */
  readonly passphraseFile: string | null
  readonly strength: 'standard' | 'development'
  readonly apiPort: number
  /** Null for a node that delivers to no chain yet. */
  readonly chain: {
    readonly name: string
    readonly chainId: number
    readonly contract: string
    readonly rpcUrls: readonly string[]
  } | null
}

/**
 * A commented configuration. Texts stand as JSON strings, which YAML reads as they are, whatever
 * characters they hold.
 */
export function configTemplate(values: TemplateValues): string {
  const text = (value: string) => JSON.stringify(value)
  const passphrase =
    values.passphraseFile === null ? '{ prompt: true }' : `{ file: ${text(values.passphraseFile)} }`
  const members = values.members.map(
    ({ index, address }) => `    - { index: ${index}, address: ${text(address)} }`,
  )
  return `# Configuration of one Parallax oracle. Every key is explained in docs/config.md.
# Check it with: parallax config check FILE. Unknown keys are refused.
# Editors complete it after: parallax config schema > node.schema.json, and with this line alone:
# # yaml-language-server: $schema=node.schema.json

# Names this node in logs and on its page.
name: ${text(values.name)}

# What all members hold alike; the same file on every node.
committee: ${text(values.committee)}

# Journal, promises of the signer, record of spending. One node per directory.
dataDirectory: ${text(DEFAULTS.dataDirectory)}

keys:
  identity: "keys/identity.json"
  # From key generation; nobody can make it alone.
  signingShare: "keys/signing-share.json"
  transmitter: "keys/transmitter.json"
  # One of { file: PATH }, { descriptor: NUMBER } and { prompt: true }.
  passphrase: ${passphrase}
  strength: ${values.strength}

network:
  listen:
${values.listen.map((address) => `    - ${text(address)}`).join('\n')}
  # Addresses of the other members, by their position in the committee file.
  members:${members.length === 0 ? ' []' : `\n${members.join('\n')}`}

${sourcesText()}
${chainsText(values.chain)}
api:
  # Status page, JSON and metrics, for this machine only.
  port: ${values.apiPort}

log:
  level: ${DEFAULTS.log.level}
  format: ${DEFAULTS.log.format}
`
}

/** The venues of each feed, one to a line. */
function sourcesText(): string {
  const feeds = Object.entries(newFeeds()).flatMap(([feed, { legs, ...rules }]) => [
    `    ${JSON.stringify(feed)}:`,
    ...Object.entries(rules).map(([key, value]) => `      ${key}: ${value}`),
    '      legs:',
    ...legs.map(({ venue, market }) => `        - { venue: ${venue}, market: ${market} }`),
  ])
  return `${SOURCES_HEAD}${feeds.join('\n')}\n`
}

const SOURCES_HEAD = `sources:
  # Where each feed of the committee is traded; one venue has one vote. Names of further venues, and
  # how to describe one that is not among them: docs/config.md. No more than two venues of a feed
  # should quote in USDT: together they hold less than half of the weight, whatever USDT is worth.
  feeds:
`

function chainsText(chain: TemplateValues['chain']): string {
  const urls = chain?.rpcUrls ?? ['https://rpc.example']
  const lines = [
    'chains:',
    `  - name: ${JSON.stringify(chain?.name ?? 'mainnet')}`,
    `    chainId: ${chain?.chainId ?? 1}`,
    '    # Address of PriceFeeds.',
    `    contract: ${JSON.stringify(chain?.contract ?? `0x${'00'.repeat(20)}`)}`,
    '    # Three endpoints can outvote one that lies; two cannot.',
    '    rpcUrls:',
    ...urls.map((url) => `      - ${JSON.stringify(url)}`),
    `    feePerGasGweiMax: "${DEFAULTS.chain.feePerGasGweiMax}"`,
    `    spendPerDayEtherMax: "${DEFAULTS.chain.spendPerDayEtherMax}"`,
  ]
  const head = '# Contracts that certificates are delivered to, at most one on each chain.\n'
  if (chain !== null) return `${head}${lines.join('\n')}\n`
  return `${head}${lines.map((line) => `# ${line}`).join('\n')}\n`
}
