import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deployment } from './apply.ts'
import { DeployError } from './errors.ts'

/** What a block explorer asks for to show the source of a contract. */
export interface VerificationInput {
  readonly contract: string
  readonly address: string
  /** Such as `0.8.37+commit.…`. */
  readonly compiler: string
  /** Standard JSON input of the compiler: sources and settings. */
  readonly input: unknown
}

/**
 * Writes the verification input of each contract of a deployment, from the sources that are here.
 *
 * @returns the files written
 * @throws {DeployError} `DEPLOY_COMPILER_MISSING` where the development packages are not installed
 */
export async function writeInputs(
  folder: string,
  deployment: Deployment,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const written: string[] = []
  for (const { name, address } of deployment.contracts) {
    const [contract = name] = name.split(' ')
    const { solcLongVersion, input } = await buildInfoOf(contract)
    const content: VerificationInput = { contract, address, compiler: solcLongVersion, input }
    const path = join(folder, `${address}.json`)
    await writeFile(path, `${JSON.stringify(content)}\n`)
    written.push(path)
  }
  return written
}

async function buildInfoOf(contract: string): Promise<{
  readonly solcLongVersion: string
  readonly input: unknown
}> {
  const { default: hre } = await import('hardhat').catch((cause: unknown) => {
    const message = 'there is no compiler here; go into the folder of a clone and run this there'
    throw new DeployError('DEPLOY_COMPILER_MISSING', message, cause)
  })
  await hre.tasks.getTask('build').run({ noTests: true, quiet: true })
  const { sourceName } = await hre.artifacts.readArtifact(contract)
  const id = await hre.artifacts.getBuildInfoId(`${sourceName}:${contract}`)
  const path = id === undefined ? undefined : await hre.artifacts.getBuildInfoPath(id)
  if (path === undefined) {
    throw new DeployError('DEPLOY_COMPILER_MISSING', `the compiler left nothing of ${contract}`)
  }
  return JSON.parse(await readFile(path, 'utf8'))
}
