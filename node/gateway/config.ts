import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { CommitteeFile } from '../config/committee-file.ts'
import { ConfigError } from '../config/config-error.ts'
import { loadCommittee } from '../config/load.ts'
import { problemsFrom } from '../config/problems.ts'
import { apiSchema, listenAddresses, logSchema } from '../config/schema.ts'
import { parseYaml, YAML_BYTES_MAX } from '../config/yaml.ts'
import { codeOf, OracleError } from '../errors.ts'
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

/**
 * Reads and checks a gateway's configuration and the committee file it names.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function loadGateway(path: string): Promise<LoadedGateway> {
  const file = resolve(path)
  const yaml = parseYaml(await readText(file))
  if (yaml.type === 'refused') throw new ConfigError(file, yaml.problems, GUIDE)
  return { file, ...(await checked(yaml.value, { file, base: dirname(file) })) }
}

/**
 * Checks settings that were not read from a file, such as those of the command line.
 *
 * @throws {ConfigError} CONFIG_INVALID with every problem
 * @throws {OracleError} CONFIG_UNREADABLE
 */
export async function gatewayFrom(settings: unknown): Promise<LoadedGateway> {
  const scene = { file: 'the command line', base: process.cwd() }
  return { file: null, ...(await checked(settings, scene)) }
}

async function checked(
  settings: unknown,
  { file, base }: { readonly file: string; readonly base: string },
): Promise<Omit<LoadedGateway, 'file'>> {
  const outcome = gatewayConfigSchema.safeParse(settings, { reportInput: true })
  if (!outcome.success) throw new ConfigError(file, problemsFrom(outcome.error), GUIDE)
  const committee = await loadCommittee(resolve(base, outcome.data.committee))
  return { config: outcome.data, committee }
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size <= YAML_BYTES_MAX) return await readFile(file, 'utf8')
  } catch (cause) {
    throw new OracleError(
      'CONFIG_UNREADABLE',
      `cannot read ${file}; check the path and its permissions`,
      { context: { file, cause: codeOf(cause) }, cause },
    )
  }
  const message = `is larger than ${YAML_BYTES_MAX} bytes`
  throw new ConfigError(file, [{ path: '', message }], GUIDE)
}
