import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatCommittee, formatParams } from '../config/committee-file.ts'
import { type KeyPurpose, sealKeystore, writeKeystore } from '../keys/keystore.ts'
import { Secret } from '../keys/secret.ts'
import {
  FUTURE_VENUE_NAMES,
  OPTION_VENUE_NAMES,
  PERPETUAL_VENUE_NAMES,
} from '../sources/registry.ts'
import type { LocalCommittee, LocalCommitteeToBe, MemberKeys, MemberSecrets } from './committee.ts'
import { MARKET_VENUES } from './market/model.ts'

/** Where one node of the local network keeps everything. */
export interface NodeFiles {
  readonly index: number
  readonly directory: string
  readonly config: string
  readonly log: string
  readonly gossipPort: number
  readonly apiPort: number
}

/** One run of the local network on disk: a fresh folder for temporary files. */
export interface RunFiles {
  readonly directory: string
  /** Opens the keystores of this run; handed to the nodes over a file descriptor. */
  readonly passphrase: string
  readonly nodes: readonly NodeFiles[]
}

export interface RunOptions {
  /** With its key, or before its key generation. */
  readonly committee: LocalCommittee | LocalCommitteeToBe
  /** Two for each node: gossip, then API. */
  readonly ports: readonly number[]
  /** Null for oracles that deliver nowhere. */
  readonly chain: {
    readonly rpcUrl: string
    readonly chainId: number
    readonly contract: string
  } | null
  /** Base address of the market server; null for the real venues. */
  readonly marketUrl: string | null
}

/** In the run's folder; all nodes share it. */
export const COMMITTEE_FILE = 'committee.json'

export async function createRunDirectory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'parallax-'))
}

/** Writes keys, committee and configurations of all nodes into the run's folder. */
export async function writeRunFiles(directory: string, options: RunOptions): Promise<RunFiles> {
  const passphrase = randomBytes(24).toString('base64url')
  const { committee } = options
  const text =
    'file' in committee ? formatCommittee(committee.file) : formatParams(committee.params)
  await writeFile(join(directory, COMMITTEE_FILE), text)
  const nodes: NodeFiles[] = options.committee.members.map((_, index) => {
    const home = join(directory, `node-${index}`)
    return {
      index,
      directory: home,
      config: join(home, 'config.json'),
      log: join(home, 'node.log'),
      gossipPort: options.ports[2 * index] ?? 0,
      apiPort: options.ports[2 * index + 1] ?? 0,
    }
  })
  for (const node of nodes) {
    const member = options.committee.members[node.index]
    if (member === undefined) continue
    await mkdir(node.directory)
    await writeKeys(node, member, Secret.ofText(passphrase))
  }
  const files = { directory, passphrase, nodes }
  await writeConfigurations(files, options)
  return files
}

/** Writes the configurations of all nodes, again when there is a chain to deliver to. */
export async function writeConfigurations(
  { nodes }: RunFiles,
  options: Pick<RunOptions, 'chain' | 'marketUrl'>,
): Promise<void> {
  for (const node of nodes) {
    const config = configOf(node, nodes, options)
    await writeFile(node.config, `${JSON.stringify(config, null, 2)}\n`)
  }
}

async function writeKeys(
  node: NodeFiles,
  member: MemberKeys | MemberSecrets,
  passphrase: Secret,
): Promise<void> {
  const write = async (file: string, key: Secret, purpose: KeyPurpose) => {
    const label = purpose === 'signing-share' ? { member: node.index } : {}
    const options = { purpose, strength: 'development', ...label } as const
    const keystore = await sealKeystore(options, { key, passphrase })
    await writeKeystore(join(node.directory, file), keystore)
  }
  await write('identity.json', member.identity, 'identity')
  if ('signingShare' in member) {
    await write('signing-share.json', member.signingShare, 'signing-share')
  }
  await write('transmitter.json', member.transmitter, 'transmitter')
}

function configOf(
  node: NodeFiles,
  nodes: readonly NodeFiles[],
  options: Pick<RunOptions, 'chain' | 'marketUrl'>,
) {
  return {
    name: `oracle-${node.index}`,
    committee: `../${COMMITTEE_FILE}`,
    dataDirectory: 'data',
    keys: {
      identity: 'identity.json',
      signingShare: 'signing-share.json',
      transmitter: 'transmitter.json',
      passphrase: { descriptor: 3 },
      strength: 'development',
    },
    network: {
      listen: [`/ip4/127.0.0.1/tcp/${node.gossipPort}`],
      members: nodes
        .filter(({ index }) => index !== node.index)
        .map(({ index, gossipPort }) => ({ index, address: `/ip4/127.0.0.1/tcp/${gossipPort}` })),
    },
    chains: options.chain === null ? [] : [chainOf(options.chain)],
    sources: options.marketUrl === null ? {} : localSources(options.marketUrl),
    api: { port: node.apiPort },
    log: { level: 'info' },
  }
}

function chainOf(chain: NonNullable<RunOptions['chain']>) {
  return {
    name: 'local',
    chainId: chain.chainId,
    contract: chain.contract,
    rpcUrls: [chain.rpcUrl],
    confirmations: 1,
    pollEveryMs: 100,
    bumpAfterMs: 5_000,
  }
}

/** Every venue under its own path of the market server, polled faster than a real one allows. */
function localSources(marketUrl: string) {
  const at = (venue: string) => ({ baseUrl: `${marketUrl}/${venue}`, access: 'local' })
  const streamUrlOf = (venue: string) => `${marketUrl.replace('http', 'ws')}/${venue}/stream`
  const venues = MARKET_VENUES.map((venue) => [
    venue,
    { ...at(venue), pollMs: 400, streamUrl: streamUrlOf(venue) },
  ])
  const slowly = (names: readonly string[]) =>
    Object.fromEntries(names.map((venue) => [venue, { ...at(venue), pollMs: 2_500 }]))
  return {
    venues: Object.fromEntries(venues),
    optionVenues: slowly(OPTION_VENUE_NAMES),
    perpetualVenues: slowly(PERPETUAL_VENUE_NAMES),
    futureVenues: slowly(FUTURE_VENUE_NAMES),
  }
}
