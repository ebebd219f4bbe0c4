import type { Address, Hex } from 'viem'
import { concatHex, encodeFunctionData } from 'viem'
import { feedDirectoryAbi } from '../abi/feed-directory.ts'
import { priceFeedsAbi } from '../abi/price-feeds.ts'
import { type Chain, ensureFactory, inspect, send } from './chain.ts'
import type { DeployParameters } from './parameters.ts'
import { type Plan, type PlannedFeed, plan } from './plan.ts'
import type { PlannedAdapters } from './plan-adapters.ts'
import type { PlannedBonds } from './plan-bonds.ts'
import type { PlannedMarket } from './plan-market.ts'
import { creationCodeHash, FACTORY, SALT } from './planned-contract.ts'

/** What stands on a chain: the content of contracts/deployments/<chainId>.json. */
export interface Deployment {
  readonly chainId: number
  readonly factory: Address
  readonly salt: Hex
  readonly hub: Address
  readonly settlement: Address
  readonly statistics: Address
  readonly directory: Address
  readonly feeds: readonly PlannedFeed[]
  readonly adapters: PlannedAdapters | null
  readonly markets: readonly PlannedMarket[]
  readonly bonds: PlannedBonds | null
  readonly contracts: readonly {
    readonly name: string
    readonly address: Address
    /** keccak256 of creation code and arguments; with factory and salt it is the address. */
    readonly creationCodeHash: Hex
  }[]
  readonly parameters: DeployParameters
}

/** The result of a plan once nothing of it is missing. */
export function deploymentOf(
  chainId: number,
  planned: Plan,
  parameters: DeployParameters,
): Deployment {
  return {
    chainId,
    factory: FACTORY,
    salt: SALT,
    hub: planned.hub,
    settlement: planned.settlement,
    statistics: planned.statistics,
    directory: planned.directory,
    feeds: planned.feeds,
    adapters: planned.adapters,
    markets: planned.markets,
    bonds: planned.bonds,
    contracts: planned.contracts.map((contract) => ({
      name: contract.name,
      address: contract.address,
      creationCodeHash: creationCodeHash(contract),
    })),
    parameters,
  }
}

/** Sends what a plan misses, in order, and the description; nothing when neither is missing. */
export async function apply(chain: Chain, planned: Plan): Promise<readonly Hex[]> {
  if (planned.missing.length > 0) await ensureFactory(chain)
  const hashes: Hex[] = []
  for (const { creationCode } of planned.missing) {
    const { hash } = await send(chain, { to: FACTORY, data: concatHex([SALT, creationCode]) })
    hashes.push(hash)
  }
  return [...hashes, ...(await describe(chain, { ...planned, missing: [] }))]
}

/** Tells the directory the parameters of the first committee, while that is in office. */
async function describe(chain: Chain, planned: Plan): Promise<readonly Hex[]> {
  const { described, directory } = planned
  if (described === null || !(await isDescriptionMissing(chain, planned))) return []
  const { parameters } = described
  const data = encodeFunctionData({
    abi: feedDirectoryAbi,
    functionName: 'describe',
    args: [parameters],
  })
  return [(await send(chain, { to: directory, data })).hash]
}

/**
 * Whether the directory is still to be told of the first committee: its parameters are given, it
 * is in office or will be with the hub, and another one or none was told last. Rejects with errors
 * of viem.
 */
export async function isDescriptionMissing(
  { reader }: Pick<Chain, 'reader'>,
  { described, directory, hub, missing }: Plan,
): Promise<boolean> {
  if (described === null) return false
  const isMissing = (contract: Address) => missing.some(({ address }) => address === contract)
  // A hub has its first committee in office from deployment, and a new directory was told nothing.
  const [known, epoch] = await Promise.all([
    isMissing(directory) ? null : reader.readContract({ address: directory, ...DESCRIBED }),
    isMissing(hub) ? 1n : reader.readContract({ address: hub, ...EPOCH }),
  ])
  return known !== described.digest && epoch === 1n
}

const DESCRIBED = { abi: feedDirectoryAbi, functionName: 'describedCommittee' } as const
const EPOCH = { abi: priceFeedsAbi, functionName: 'epoch' } as const

/**
 * Plans against the chain and applies: the whole deployment in one call. Running it again is a
 * no-op with the same result; `transactions` is empty then.
 */
export async function deploy(
  chain: Chain,
  parameters: DeployParameters,
): Promise<{ readonly deployment: Deployment; readonly transactions: readonly Hex[] }> {
  const deployed = await inspect(chain, plan(parameters, new Set()))
  const planned = plan(parameters, deployed)
  const transactions = await apply(chain, planned)
  return { deployment: deploymentOf(chain.chainId, planned, parameters), transactions }
}
