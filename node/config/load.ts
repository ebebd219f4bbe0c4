import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { Params } from '../../aggregator/committee/params.ts'
import { OracleError } from '../errors.ts'
import type { SourcesConfigInput } from '../sources/config.ts'
import type { CommitteeFile, CommitteeToBe } from './committee-file.ts'
import { parseCommittee, parseCommitteeToBe } from './committee-text.ts'
import { ConfigError } from './config-error.ts'
import { type ConfigProblem, checked } from './problems.ts'
import { readText } from './read-text.ts'
import type { NodeConfig } from './schema.ts'
import { nodeConfigSchema } from './schema.ts'
import type { TransmitterSetting } from './transmitter-schema.ts'
import { parseYaml } from './yaml.ts'

const WRITE_ONE = { otherwise: 'or write one: parallax init' }

/** A node's settings, with absolute paths, together with the committee they belong to. */
export interface LoadedConfig {
  /** The configuration file itself, absolute. */
  readonly file: string
  readonly config: NodeConfig
  readonly committee: CommitteeFile
  /** The committee that hands over to this one; null for the first of a network. */
  readonly predecessor: CommitteeFile | null
}

/**
 * Reads and checks a node's configuration and the committee file it names.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem of both files
 * @throws {OracleError} CONFIG_UNREADABLE when the file itself cannot be read
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const { file, config } = await loadSettings(path)
  const committee = await loadCommittee(config.committee)
  checkMembers(file, { config, params: committee.params })
  const { rotation } = config
  const predecessor = rotation === undefined ? null : await loadCommittee(rotation.predecessor)
  return { file, config, committee, predecessor }
}

/** A node's settings with a committee whose key may still have to be made. */
export interface LoadedToBe {
  readonly file: string
  readonly config: NodeConfig
  readonly committee: CommitteeToBe
}

/**
 * Reads and checks what a key generation needs: a configuration, and a committee file with or
 * without its group key.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function loadConfigToBe(path: string): Promise<LoadedToBe> {
  const { file, config } = await loadSettings(path)
  const otherwise = 'or agree on it with the other members'
  const text = await readText(config.committee, { otherwise })
  const parsed = parseCommitteeToBe(text)
  if (parsed.type === 'refused') throw new ConfigError(config.committee, parsed.problems)
  const { committee } = parsed
  checkMembers(file, { config, params: committee.params })
  return { file, config, committee }
}

/**
 * Reads and checks a node's configuration alone.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function loadSettings(path: string): Promise<Pick<LoadedConfig, 'file' | 'config'>> {
  const file = resolve(path)
  const parsed = parseConfig(await readText(file, WRITE_ONE))
  if (parsed.type === 'refused') throw new ConfigError(file, parsed.problems)
  return { file, config: withAbsolutePaths(parsed.config, dirname(file)) }
}

/**
 * Committee files that a configuration names, as they are written; of one with problems as many as
 * can be made out.
 *
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function namedFiles(file: string): Promise<readonly string[]> {
  const parsed = parseYaml(await readText(file, WRITE_ONE))
  const named = namedFilesSchema.safeParse(parsed.type === 'parsed' ? parsed.value : null)
  const { committee, rotation } = named.data ?? {}
  return [committee, rotation?.predecessor].filter((each) => each !== undefined)
}

const nameSchema = z.string().min(1).optional().catch(undefined)
const namedFilesSchema = z.object({
  committee: nameSchema,
  rotation: z.object({ predecessor: nameSchema }).optional().catch(undefined),
})

/**
 * The part `sources` of a configuration that was read before, as it is written: without defaults.
 *
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function sourcesAsWritten({
  file,
}: Pick<LoadedConfig, 'file'>): Promise<SourcesConfigInput> {
  const parsed = parseYaml(await readText(file, WRITE_ONE))
  const plain = parsed.type === 'parsed' ? parsed.value : null
  const isObject = typeof plain === 'object' && plain !== null && 'sources' in plain
  return isObject ? (plain.sources as SourcesConfigInput) : {}
}

/**
 * Reads and checks a committee file.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function loadCommittee(path: string): Promise<CommitteeFile> {
  const file = resolve(path)
  const parsed = parseCommittee(
    await readText(file, { otherwise: 'or get it from the other members' }),
  )
  if (parsed.type === 'refused') throw new ConfigError(file, parsed.problems)
  return parsed.committee
}

/**
 * Refuses a key that a dealer made, and knows, except with key files that are for development only.
 *
 * @throws {OracleError} `CONFIG_KEY_DEALT`
 */
export function assertKeyGenerated({
  config,
  committee,
}: Pick<LoadedConfig, 'config' | 'committee'>): void {
  if (committee.keyGeneration !== undefined || config.keys.strength === 'development') return
  throw new OracleError(
    'CONFIG_KEY_DEALT',
    `${config.committee} is not signed by its members; make a key with all of them: parallax dkg`,
    { context: { file: config.committee } },
  )
}

export type ParsedConfig =
  | { readonly type: 'parsed'; readonly config: NodeConfig }
  | { readonly type: 'refused'; readonly problems: readonly ConfigProblem[] }

/** Checks the text of a node's configuration alone; paths stay as they are written. */
export function parseConfig(text: string): ParsedConfig {
  const yaml = parseYaml(text)
  if (yaml.type === 'refused') return yaml
  const outcome = checked(nodeConfigSchema, yaml.value)
  return outcome.type === 'refused' ? outcome : { type: 'parsed', config: outcome.value }
}

function withAbsolutePaths(config: NodeConfig, base: string): NodeConfig {
  const { keys, rotation } = config
  return {
    ...config,
    ...(rotation !== undefined && {
      rotation: {
        predecessor: resolve(base, rotation.predecessor),
        ...(rotation.handover !== undefined && { handover: resolve(base, rotation.handover) }),
        ...(rotation.journal !== undefined && { journal: resolve(base, rotation.journal) }),
      },
    }),
    committee: resolve(base, config.committee),
    dataDirectory: resolve(base, config.dataDirectory),
    keys: {
      ...keys,
      identity: resolve(base, keys.identity),
      signingShare: resolve(base, keys.signingShare),
      ...(keys.transmitter !== undefined && {
        transmitter: withAbsoluteFiles(keys.transmitter, base),
      }),
      ...(keys.signer !== undefined && {
        signer: {
          ...keys.signer,
          socket: resolve(base, keys.signer.socket),
          directory: resolve(base, keys.signer.directory),
        },
      }),
      passphrase:
        'file' in keys.passphrase ? { file: resolve(base, keys.passphrase.file) } : keys.passphrase,
    },
  }
}

function withAbsoluteFiles(transmitter: TransmitterSetting, base: string): TransmitterSetting {
  if (typeof transmitter === 'string') return resolve(base, transmitter)
  if ('pkcs11' in transmitter) {
    const { module, pin, ...rest } = transmitter.pkcs11
    const absolutePin = 'file' in pin ? { file: resolve(base, pin.file) } : pin
    return { pkcs11: { ...rest, module: resolve(base, module), pin: absolutePin } }
  }
  const { web3signer } = transmitter
  const { ca, certificate, key } = web3signer.tls
  const tls = {
    ...(ca !== undefined && { ca: resolve(base, ca) }),
    ...(certificate !== undefined && { certificate: resolve(base, certificate) }),
    ...(key !== undefined && { key: resolve(base, key) }),
  }
  return { web3signer: { ...web3signer, tls } }
}

function checkMembers(
  file: string,
  { config, params }: { readonly config: NodeConfig; readonly params: Params },
): void {
  const n = params.members.length
  const names = params.feeds.map(({ name }) => name)
  const strangers = config.chains.flatMap(({ settlements }, chain) =>
    settlements.flatMap((settlement, index) => {
      if ('market' in settlement || names.includes(settlement.feed)) return []
      const path = `chains[${chain}].settlements[${index}].feed`
      return [{ path, message: 'must be the name of a feed of the committee' }]
    }),
  )
  const problems = config.network.members.flatMap(({ index }, position) =>
    index < n
      ? []
      : [
          {
            path: `network.members[${position}].index`,
            message: `must be below ${n}, the size of the committee`,
          },
        ],
  )
  problems.push(...strangers)
  if (problems.length > 0) throw new ConfigError(file, problems)
}
