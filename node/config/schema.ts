import { z } from 'zod'
import { LOG_LEVELS } from '../logging.ts'
import { amount, filePath, shortName, tcpMultiaddr, whole } from '../settings/scalars.ts'
import { sourcesConfigSchema } from '../sources/config.ts'
import { DEFAULTS } from './defaults.ts'
import { EXPIRIES_FORM, expiriesFrom } from './expiries.ts'
import { transmitterSchema } from './transmitter-schema.ts'

const GWEI_DECIMALS = 9
const ETHER_DECIMALS = 18

/** Where the passphrase of the key files comes from: never from an argument or the environment. */
const passphraseSchema = z.union(
  [
    z.strictObject({ file: filePath }),
    z.strictObject({ descriptor: whole(0, 1_023) }),
    z.strictObject({ prompt: z.literal(true) }),
  ],
  'must be one of {file: PATH}, {descriptor: NUMBER} and {prompt: true}',
)

/** Longer ones do not fit into the address of a local socket, and would be cut. */
const SOCKET_PATH_BYTES_MAX = 100
const socketPath = filePath.refine((path) => Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX, {
  error: `must have at most ${SOCKET_PATH_BYTES_MAX} bytes: a local socket takes no longer path`,
})

const keysSchema = z.strictObject({
  identity: filePath,
  signingShare: filePath,
  transmitter: transmitterSchema.optional(),
  passphrase: passphraseSchema,
  strength: z.enum(['standard', 'development']).default(DEFAULTS.keys.strength),
  signer: z
    .strictObject({
      socket: socketPath,
      directory: filePath.default(DEFAULTS.signer.directory),
      access: z.enum(['owner', 'group']).default(DEFAULTS.signer.access),
    })
    .optional(),
})

/** Addresses of this machine to listen on. */
export const listenAddresses = z
  .array(tcpMultiaddr)
  .min(1, 'needs at least one address')
  .max(4, 'takes at most 4')

const publicPortSchema = z.strictObject({
  listen: listenAddresses,
  peersMax: whole(1, 1_024).default(DEFAULTS.publicPort.peersMax),
})

const networkSchema = z.strictObject({
  listen: listenAddresses,
  public: publicPortSchema.optional(),
  members: z
    .array(z.strictObject({ index: whole(0, 30), address: tcpMultiaddr }))
    .max(31, 'a committee has at most 31 members'),
})

/** What a committee that follows another needs to know of it (protocol §11.2). */
const rotationSchema = z.strictObject({
  predecessor: filePath,
  handover: filePath.optional(),
  journal: filePath.optional(),
})

const rpcUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(2_048, 'is too long for an address')

const contractAddress = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be a contract address: 0x and 40 hexadecimal digits')
  .transform((text) => text.toLowerCase() as `0x${string}`)

const expiries = z.string().transform((text, context) => {
  const schedule = expiriesFrom(text)
  if (schedule !== null) return schedule
  context.addIssue({ code: 'custom', message: `must be ${EXPIRIES_FORM}` })
  return z.NEVER
})

/** Expiries that the node settles: of one feed by a schedule, or of an option market. */
const settlementSchema = z.union(
  [
    z.strictObject({ contract: contractAddress, feed: z.string().min(1).max(64), expiries }),
    z.strictObject({ market: contractAddress }),
  ],
  `must be {contract, feed, expiries} or {market}; expiries are ${EXPIRIES_FORM}`,
)

const chainSchema = z.strictObject({
  name: shortName,
  chainId: whole(1, Number.MAX_SAFE_INTEGER),
  contract: contractAddress,
  settlements: z.array(settlementSchema).max(64, 'takes at most 64').default([]),
  rpcUrls: z.array(rpcUrl).min(1, 'needs at least one address').max(8, 'takes at most 8'),
  sendUrls: z.array(rpcUrl).max(8, 'takes at most 8').default([]),
  rpcTimeoutMs: whole(100, 60_000).default(DEFAULTS.chain.rpcTimeoutMs),
  compareEveryMs: whole(100, 600_000).default(DEFAULTS.chain.compareEveryMs),
  headAgeMsMax: whole(1_000, 3_600_000).default(DEFAULTS.chain.headAgeMsMax),
  headLagBlocksMax: whole(0, 10_000).default(DEFAULTS.chain.headLagBlocksMax),
  confirmations: whole(1, 1_000).default(DEFAULTS.chain.confirmations),
  pollEveryMs: whole(20, 60_000).default(DEFAULTS.chain.pollEveryMs),
  bumpAfterMs: whole(100, 600_000).default(DEFAULTS.chain.bumpAfterMs),
  bumpsMax: whole(0, 50).default(DEFAULTS.chain.bumpsMax),
  feePerGasGweiMax: amount(GWEI_DECIMALS).prefault(DEFAULTS.chain.feePerGasGweiMax),
  priorityFeePerGasGweiMax: amount(GWEI_DECIMALS).prefault(DEFAULTS.chain.priorityFeePerGasGweiMax),
  gasMax: whole(100_000, 30_000_000).default(DEFAULTS.chain.gasMax),
  spendPerDayEtherMax: amount(ETHER_DECIMALS).prefault(DEFAULTS.chain.spendPerDayEtherMax),
  balanceEtherMin: amount(ETHER_DECIMALS).prefault(DEFAULTS.chain.balanceEtherMin),
})

/** Where HTTP is served, by nodes and gateways alike. */
export const apiSchema = z
  .strictObject({
    host: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').default(DEFAULTS.api.host),
    port: whole(0, 65_535).default(DEFAULTS.api.port),
    allowPublic: z.boolean('must be true or false').default(DEFAULTS.api.allowPublic),
    requestsPerMinuteMax: whole(1, 1_000_000).default(DEFAULTS.api.requestsPerMinuteMax),
    connectionsMax: whole(1, 65_535).default(DEFAULTS.api.connectionsMax),
    connectionsPerAddressMax: whole(1, 65_535).default(DEFAULTS.api.connectionsPerAddressMax),
    streamReadersMax: whole(0, 65_535).default(DEFAULTS.api.streamReadersMax),
  })
  .check((context) => {
    if (context.value.allowPublic || isLoopback(context.value.host)) return
    context.issues.push({
      code: 'custom',
      path: ['host'],
      message:
        'would open the API to the network; use 127.0.0.1, or set api.allowPublic: true ' +
        'and put a proxy with TLS in front',
      input: context.value.host,
    })
  })

export const logSchema = z.strictObject({
  level: z.enum(LOG_LEVELS).default(DEFAULTS.log.level),
  format: z.enum(['json', 'text']).default(DEFAULTS.log.format),
})

/** A whole node: local settings of one operator; nothing of it enters the committee's digest. */
export const nodeConfigSchema = z
  .strictObject({
    name: shortName.default(DEFAULTS.name),
    committee: filePath,
    dataDirectory: filePath.default(DEFAULTS.dataDirectory),
    keys: keysSchema,
    network: networkSchema,
    rotation: rotationSchema.optional(),
    sources: sourcesConfigSchema.prefault({}),
    chains: z.array(chainSchema).max(16, 'takes at most 16 targets').default([]),
    api: apiSchema.prefault({}),
    log: logSchema.prefault({}),
  })
  .check((context) => {
    for (const problem of crossFieldProblems(context.value)) {
      context.issues.push({ code: 'custom', input: context.value, ...problem })
    }
  })

/** The settings with every default filled in; amounts are in the chain's smallest unit (wei). */
export type NodeConfig = z.output<typeof nodeConfigSchema>
export type ChainConfig = NodeConfig['chains'][number]
export type ApiConfig = NodeConfig['api']
export type PassphraseSetting = NodeConfig['keys']['passphrase']

interface Problem {
  readonly path: (string | number)[]
  readonly message: string
}

function crossFieldProblems(config: NodeConfig): readonly Problem[] {
  const problems: Problem[] = []
  const noneTwice = (path: readonly string[], keys: readonly string[]) => {
    keys.forEach((key, index) => {
      if (keys.indexOf(key) === index) return
      problems.push({ path: [...path, index], message: `repeats ${key}` })
    })
  }
  noneTwice(
    ['chains'],
    config.chains.map((chain) => `name ${chain.name}`),
  )
  // One wallet on one chain has one sequence of nonces; two targets would fight over it.
  noneTwice(
    ['chains'],
    config.chains.map((chain) => `chain id ${chain.chainId}`),
  )
  noneTwice(
    ['network', 'members'],
    config.network.members.map((member) => `index ${member.index}`),
  )
  if (config.chains.length > 0 && config.keys.transmitter === undefined) {
    const message = 'is needed to deliver to chains: name the wallet that pays for gas'
    problems.push({ path: ['keys', 'transmitter'], message })
  }
  problems.push(...signerProblems(config), ...portProblems(config))
  config.chains.forEach((chain, index) => {
    if (chain.priorityFeePerGasGweiMax <= chain.feePerGasGweiMax) return
    const path = ['chains', index, 'priorityFeePerGasGweiMax']
    problems.push({ path, message: 'must not exceed feePerGasGweiMax, which includes it' })
  })
  return problems
}

/** A port that is free when it is looked at, and taken by this node itself when it starts. */
function portProblems({ api, network }: NodeConfig): readonly Problem[] {
  const members = network.listen.map(placeOf)
  const others = [
    { path: ['api', 'port'], host: api.host, port: String(api.port) },
    ...(network.public?.listen ?? []).map((address, index) => ({
      path: ['network', 'public', 'listen', index],
      ...placeOf(address),
    })),
  ]
  return others.flatMap(({ path, host, port }) => {
    const isTaken = members.some((own) => port !== '0' && own.port === port && meet(own.host, host))
    const message = 'is the port of network.listen, too; give each its own'
    return isTaken ? [{ path, message }] : []
  })
}

function placeOf(address: string): { readonly host: string; readonly port: string } {
  const [, , host = '', , port = ''] = address.split('/')
  return { host, port }
}

/** Whether two addresses of this machine cannot have one port: one of them may be all of them. */
function meet(one: string, other: string): boolean {
  return one === other || [one, other].some((host) => host === '0.0.0.0' || host === '::')
}

function signerProblems({ keys, chains }: NodeConfig): readonly Problem[] {
  const { transmitter, passphrase } = keys
  if (typeof transmitter !== 'object') return []
  if ('pkcs11' in transmitter) {
    const { pin } = transmitter.pkcs11
    const isShared = 'descriptor' in pin && 'descriptor' in passphrase
    if (!isShared || pin.descriptor !== passphrase.descriptor) return []
    const message =
      'is that of keys.passphrase: a descriptor can be read once, so give each its own'
    return [{ path: ['keys', 'transmitter', 'pkcs11', 'pin', 'descriptor'], message }]
  }
  const path = ['keys', 'transmitter', 'web3signer', 'urls']
  return Object.keys(transmitter.web3signer.urls)
    .filter((name) => !chains.some((chain) => chain.name === name))
    .map((name) => ({ path: [...path, name], message: 'names no target of chains[].name' }))
}

/** Whether an IP address, without brackets, is one of this machine alone. */
export function isLoopback(host: string): boolean {
  return host === '::1' || /^127\./.test(host)
}
