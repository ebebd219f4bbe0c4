import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { type Checked, errorsOf } from '../config/check.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import { ConfigError } from '../config/config-error.ts'
import { loadCommittee } from '../config/load.ts'
import { checked } from '../config/problems.ts'
import { readText } from '../config/read-text.ts'
import { apiSchema, listenAddresses, logSchema } from '../config/schema.ts'
import { parseYaml } from '../config/yaml.ts'
import { filePath, shortName, tcpMultiaddr, whole } from '../settings/scalars.ts'

/** Values that an operator need not write; docs/gateway.md explains each. */
const GATEWAY_DEFAULTS = {
  name: 'gateway',
  /** The first committee of a contract. */
  epoch: 1,
  peersMax: 64,
  /** Four minutes of rounds of half a second. */
  certificatesMax: 2_048,
} as const

const networkSchema = z.strictObject({
  bootstrap: z
    .array(tcpMultiaddr)
    .min(1, 'needs at least one address to follow')
    .max(31, 'takes at most 31'),
  listen: listenAddresses.optional(),
  peersMax: whole(1, 1_024).default(GATEWAY_DEFAULTS.peersMax),
})

/** A gateway: no keys, no data directory. */
export const gatewayConfigSchema = z.strictObject({
  name: shortName.default(GATEWAY_DEFAULTS.name),
  committee: filePath,
  epoch: whole(1, 0xffffffff).default(GATEWAY_DEFAULTS.epoch),
  network: networkSchema,
  certificatesMax: whole(1, 100_000).default(GATEWAY_DEFAULTS.certificatesMax),
  api: apiSchema.prefault({}),
  log: logSchema.prefault({}),
})

const GUIDE = 'docs/gateway.md'

export type GatewayConfig = z.output<typeof gatewayConfigSchema>

/** A gateway's settings together with the committee it follows. */
export interface LoadedGateway {
  /** The configuration file, absolute; null where the settings come from elsewhere. */
  readonly file: string | null
  readonly config: GatewayConfig
  readonly committee: CommitteeFile
}

export interface LoadedFromFile extends LoadedGateway {
  readonly file: string
}

/**
 * Reads and checks a gateway's configuration and the committee file it names.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem of the first file that has any
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function loadGateway(path: string): Promise<LoadedFromFile> {
  const file = resolve(path)
  const config = settingsOf(file, await parsedFrom(file))
  return { file, config, committee: await loadCommittee(resolve(dirname(file), config.committee)) }
}

/**
 * Reads both files as far as each can be read: one with problems hides no problem of the other.
 *
 * @throws {OracleError} CONFIG_UNREADABLE when the configuration itself cannot be read
 */
export async function checkGateway(path: string): Promise<Checked<LoadedFromFile>> {
  const file = resolve(path)
  const yaml = parseYaml(await readText(file, { guide: GUIDE }))
  const named = namesCommittee.safeParse(yaml.type === 'parsed' ? yaml.value : null).data?.committee
  const errors = await errorsOf([
    async () => settingsOf(file, await parsedFrom(file)),
    async () => named !== undefined && (await loadCommittee(resolve(dirname(file), named))),
  ])
  if (errors.length > 0) return { type: 'bad', file, errors }
  return { type: 'good', loaded: await loadGateway(file) }
}

const namesCommittee = z.object({ committee: z.string().min(1) })

/**
 * Checks settings that were not read from a file, such as those of the command line.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function gatewayFrom(settings: unknown): Promise<LoadedGateway> {
  const config = settingsOf('the command line', settings)
  return { file: null, config, committee: await loadCommittee(config.committee) }
}

async function parsedFrom(file: string): Promise<unknown> {
  const yaml = parseYaml(await readText(file, { guide: GUIDE }))
  if (yaml.type === 'refused') throw new ConfigError(file, yaml.problems, GUIDE)
  return yaml.value
}

function settingsOf(file: string, settings: unknown): GatewayConfig {
  const outcome = checked(gatewayConfigSchema, settings)
  if (outcome.type === 'refused') throw new ConfigError(file, outcome.problems, GUIDE)
  return outcome.value
}
