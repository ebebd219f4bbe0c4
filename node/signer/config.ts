import { z } from 'zod'
import { type Checked, checkConfig, errorsOf } from '../config/check.ts'
import { assertKeyGenerated, type LoadedConfig } from '../config/load.ts'
import { readText } from '../config/read-text.ts'
import type { NodeConfig } from '../config/schema.ts'
import { parseYaml } from '../config/yaml.ts'
import { OracleError } from '../errors.ts'

export type SignerSettings = NonNullable<NodeConfig['keys']['signer']>

/** A configuration by which a signer can start. */
export interface LoadedSigner extends LoadedConfig {
  readonly signer: SignerSettings
}

/** @throws {OracleError} `SIGNER_NOT_CONFIGURED` */
export function signerSettings({ file, config }: LoadedConfig): SignerSettings {
  if (config.keys.signer === undefined) throw notConfigured(file)
  return config.keys.signer
}

/**
 * Reads a configuration and the files that it names as `checkConfig` does, and what else keeps a
 * signer from starting: no place to listen, or a committee whose key a dealer knows.
 *
 * @throws {OracleError} CONFIG_UNREADABLE when the configuration itself cannot be read
 */
export async function checkSigner(path: string): Promise<Checked<LoadedSigner>> {
  const checked = await checkConfig(path)
  if (checked.type === 'bad') {
    const { file, errors } = checked
    return (await namesSigner(file))
      ? checked
      : { ...checked, errors: [...errors, notConfigured(file)] }
  }
  const { loaded } = checked
  const errors = await errorsOf([
    async () => signerSettings(loaded),
    async () => assertKeyGenerated(loaded),
  ])
  if (errors.length > 0) return { type: 'bad', file: loaded.file, errors }
  return { type: 'good', loaded: { ...loaded, signer: signerSettings(loaded) } }
}

const namesIt = z.object({ keys: z.object({ signer: z.unknown() }).required() })

/** Whether a file that may have any problems names a signer; of what is no YAML nobody can say. */
async function namesSigner(file: string): Promise<boolean> {
  const yaml = parseYaml(await readText(file))
  return yaml.type === 'refused' || namesIt.safeParse(yaml.value).success
}

function notConfigured(file: string): OracleError {
  return new OracleError(
    'SIGNER_NOT_CONFIGURED',
    `${file} names no signer; add keys.signer.socket, for the node and for the signer`,
    { context: { file } },
  )
}
