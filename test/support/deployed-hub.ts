import { privateKeyToAccount } from 'viem/accounts'
import { type Deployment, deploy } from '../../contracts/deploy/apply.ts'
import { connect } from '../../contracts/deploy/chain.ts'
import { deployParametersOf, type MarketParameters } from '../../contracts/deploy/parameters.ts'
import type { Certifier } from './certificates.ts'
import { FUNDED_KEYS, HardhatNode } from './hardhat-node.ts'

/** A chain of its own, with everything that is deployed for a committee. */
export interface DeployedHub {
  readonly chain: HardhatNode
  readonly client: ReturnType<HardhatNode['client']>
  readonly deployment: Deployment
}

/** Starts a chain that makes a block of each transaction at once, and deploys there. */
export async function startDeployedHub(
  { test: { committee } }: Pick<Certifier, 'test'>,
  markets: readonly MarketParameters[] = [],
): Promise<DeployedHub> {
  const chain = await HardhatNode.start()
  const client = chain.client()
  await client.setAutomine(true)
  const { params, digest, groupKey } = committee
  const parameters = deployParametersOf(
    { params, digest, groupKey: groupKey.publicKey },
    { historyFeeds: 2, reportAgeMsMax: 60_000, futureMsMax: 2_000, consumerAgeSecondsMax: null },
  )
  const account = privateKeyToAccount(FUNDED_KEYS[0])
  const deployer = await connect({ rpcUrl: chain.url, account })
  const { deployment } = await deploy(deployer, { ...parameters, markets })
  return { chain, client, deployment }
}
