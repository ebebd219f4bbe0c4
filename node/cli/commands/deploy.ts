import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { apply, deploymentOf, isDescriptionMissing } from '../../../contracts/deploy/apply.ts'
import { type Chain, connect, inspect } from '../../../contracts/deploy/chain.ts'
import { plan } from '../../../contracts/deploy/plan.ts'
import { verify } from '../../../contracts/deploy/verify.ts'
import { OracleError } from '../../errors.ts'
import { makeDirectory } from '../../store/durable-file.ts'
import { command } from '../command.ts'
import { loadDeployParameters, readDeployment } from '../deploy-file.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { accountFrom, WALLET_OPTIONS } from '../wallet.ts'

const RECORDS = 'contracts/deployments'

const OPTIONS = {
  parameters: { type: 'string', value: 'FILE', describe: 'what to deploy', required: true },
  rpc: { type: 'string', value: 'URL', describe: 'endpoint of the chain', required: true },
} as const

/** Says what a deployment would change; needs no key and sends nothing. */
export const deployPlan = command({
  name: 'deploy plan',
  summary: 'Show what a parameter file means on a chain, and what of it is missing.',
  options: OPTIONS,
  run: async ({ parameters: path, rpc, json }, { stdout }) => {
    const parameters = await loadDeployParameters(path)
    const chain = await readOnly(rpc)
    const planned = plan(parameters, await inspect(chain, plan(parameters, new Set())))
    const missing = new Set(planned.missing.map(({ address }) => address))
    const contracts = planned.contracts.map(({ name, address }) => ({
      name,
      address,
      isMissing: missing.has(address),
    }))
    const isUndescribed = await isDescriptionMissing(chain, planned)
    const lines = contracts.map(
      ({ name, address, isMissing }) => `${isMissing ? 'missing' : 'stands '}  ${address}  ${name}`,
    )
    if (isUndescribed) lines.push(`missing  ${planned.directory}  the committee's description`)
    const facts = { chainId: chain.chainId, contracts, isDescriptionMissing: isUndescribed }
    const data = JSON.stringify(facts)
    stdout.write(json ? `${data}\n` : `${lines.join('\n')}\n`)
    return EXIT_DONE
  },
})

/** Sends what is missing, checks the result, and writes the record. */
export const deployApply = command({
  name: 'deploy apply',
  summary: 'Deploy what is missing on a chain, check it, and write the record.',
  options: {
    ...OPTIONS,
    ...WALLET_OPTIONS,
    records: { type: 'string', value: 'FOLDER', describe: `default ${RECORDS}` },
  },
  run: async (options, { stdout, stderr, terminal }) => {
    const folder = options.records ?? RECORDS
    // Before anything is paid for: the record of it must have somewhere to go.
    makeDirectory(folder, 0o755)
    const parameters = await loadDeployParameters(options.parameters)
    const account = await accountFrom(options, terminal)
    const chain = await connect({ rpcUrl: options.rpc, account })
    const planned = plan(parameters, await inspect(chain, plan(parameters, new Set())))
    for (const { name, address } of planned.missing) stderr.write(`deploying ${name} ${address}\n`)
    const isUndescribed = await isDescriptionMissing(chain, planned)
    if (isUndescribed) stderr.write(`describing the committee to ${planned.directory}\n`)
    const transactions = await apply(chain, planned)
    const deployment = deploymentOf(chain.chainId, planned, parameters)
    await assertVerified(chain, deployment)
    const path = join(folder, `${chain.chainId}.json`)
    await writeFile(path, `${JSON.stringify(deployment, null, 2)}\n`)
    const result = { record: path, hub: deployment.hub, transactions }
    const text = `${transactions.length} sent; the hub is ${deployment.hub}; record ${path}\n`
    stdout.write(options.json ? `${JSON.stringify(result)}\n` : text)
    return EXIT_DONE
  },
})

/** Compares a record with its own parameters and with the chain. */
export const deployVerify = command({
  name: 'deploy verify',
  summary: 'Check a recorded deployment against its parameters and the chain.',
  argument: 'RECORD',
  options: {
    rpc: OPTIONS.rpc,
    inputs: {
      type: 'string',
      value: 'FOLDER',
      describe: 'also write what block explorers compile, one file a contract',
    },
  },
  run: async ({ rpc, inputs, json }, { argument: path, stdout }) => {
    const deployment = await readDeployment(path)
    if (inputs !== undefined) makeDirectory(inputs, 0o755)
    const chain = await readOnly(rpc)
    await assertVerified(chain, deployment)
    // Needs the compiler, which a node that only verifies does not.
    const written =
      inputs === undefined
        ? []
        : await (await import('../../../contracts/deploy/inputs.ts')).writeInputs(
            inputs,
            deployment,
          )
    const count = deployment.contracts.length
    const result = { chainId: chain.chainId, contracts: count, inputs: written }
    stdout.write(json ? `${JSON.stringify(result)}\n` : `${count} contracts are as recorded\n`)
    return EXIT_DONE
  },
})

type Recorded = Awaited<ReturnType<typeof readDeployment>>

async function assertVerified(chain: Chain, deployment: Recorded): Promise<void> {
  if (deployment.chainId !== chain.chainId) {
    throw new OracleError(
      'DEPLOY_DIFFERS',
      `the record is of chain ${deployment.chainId}, the endpoint of ${chain.chainId}`,
      { context: { recorded: deployment.chainId, found: chain.chainId } },
    )
  }
  const differences = await verify(chain, deployment)
  if (differences.length === 0) return
  const lines = differences.map(
    ({ subject, expected, found }) => `\n  ${subject}: ${expected} expected, ${found} found`,
  )
  throw new OracleError('DEPLOY_DIFFERS', `the chain is not as recorded:${lines.join('')}`, {
    context: { differences: differences.length },
  })
}

/** For reading alone: the account is a fresh one that owns nothing. */
function readOnly(rpcUrl: string): Promise<Chain> {
  return connect({ rpcUrl, account: privateKeyToAccount(generatePrivateKey()) })
}
