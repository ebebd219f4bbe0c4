import type { Address, Hex } from 'viem'
import { encodeDeployData, getContractAddress, keccak256, zeroAddress } from 'viem'
import { aggregatorFacadeAbi, aggregatorFacadeBytecode } from '../abi/aggregator-facade.ts'
import { exampleConsumerAbi, exampleConsumerBytecode } from '../abi/example-consumer.ts'
import { priceFeedsAbi, priceFeedsBytecode } from '../abi/price-feeds.ts'
import { settlementAbi, settlementBytecode } from '../abi/settlement.ts'
import { type DeployParameters, FEEDS_AT_DEPLOYMENT_MAX } from './parameters.ts'

/**
 * The CREATE2 factory that stands at this address on most EVM chains; its deployment is a
 * transaction that nobody holds a key for, so anyone can repeat it on a further chain.
 */
export const FACTORY: Address = '0x4e59b44847b379578588920cA78FbF26c0B4956C'

/** Salt of every contract: the code and its arguments alone decide the address. */
export const SALT: Hex = `0x${'00'.repeat(32)}`

/** One contract of a deployment; its address follows from its creation code. */
export interface PlannedContract {
  /** Unique within a plan: `PriceFeeds`, `AggregatorFacade BTC/USD`, `ExampleConsumer BTC/USD`. */
  readonly name: string
  readonly address: Address
  /** Creation code with its arguments. */
  readonly creationCode: Hex
}

/** What stands at the addresses of a feed. */
export interface PlannedFeed {
  readonly index: number
  readonly name: string
  readonly facade: Address
  readonly consumer: Address | null
}

export interface Plan {
  readonly hub: Address
  readonly settlement: Address
  readonly feeds: readonly PlannedFeed[]
  /** Everything that must exist in the end, in the order of deployment. */
  readonly contracts: readonly PlannedContract[]
  /** What would change: the contracts that are not on the chain yet. Empty when all is done. */
  readonly missing: readonly PlannedContract[]
}

function contractOf(name: string, creationCode: Hex): PlannedContract {
  const address = getContractAddress({
    opcode: 'CREATE2',
    from: FACTORY,
    salt: SALT,
    bytecode: creationCode,
  })
  return { name, address, creationCode }
}

/** The contract counts in whole seconds, as blocks do. */
function secondsOf(durationMs: number): number {
  if (durationMs % 1000 !== 0) throw new RangeError('a limit on chain is in whole seconds')
  return durationMs / 1000
}

function hubOf(parameters: DeployParameters): PlannedContract {
  const { committee, historyFeeds, reportAgeMsMax, futureMsMax, feeds, owner, sequencer } =
    parameters
  if (feeds.length > FEEDS_AT_DEPLOYMENT_MAX) {
    throw new RangeError(`at most ${FEEDS_AT_DEPLOYMENT_MAX} feeds are named at deployment`)
  }
  return contractOf(
    'PriceFeeds',
    encodeDeployData({
      abi: priceFeedsAbi,
      bytecode: priceFeedsBytecode,
      args: [
        {
          committee: { ...committee, publicKeyX: BigInt(committee.publicKeyX) },
          historyFeeds,
          reportAgeSecondsMax: secondsOf(reportAgeMsMax),
          futureSecondsMax: secondsOf(futureMsMax),
          owner: owner?.address ?? zeroAddress,
          ownerDelaySeconds: owner?.delaySeconds ?? 0,
          sequencer: sequencer?.uptimeFeed ?? zeroAddress,
          sequencerGraceSeconds: sequencer?.graceSeconds ?? 0,
          feeds,
        },
      ],
    }),
  )
}

/**
 * Says what a deployment consists of and what of it is missing. Pure: the same parameters give the
 * same addresses on every chain.
 *
 * @param deployed addresses that hold code, see `inspect`
 */
export function plan(parameters: DeployParameters, deployed: ReadonlySet<Address>): Plan {
  const hub = hubOf(parameters)
  const settlement = contractOf(
    'Settlement',
    encodeDeployData({ abi: settlementAbi, bytecode: settlementBytecode, args: [hub.address] }),
  )
  const contracts: PlannedContract[] = [hub, settlement]
  const feeds = parameters.feeds.map(({ name }, index): PlannedFeed => {
    const facade = contractOf(
      `AggregatorFacade ${name}`,
      encodeDeployData({
        abi: aggregatorFacadeAbi,
        bytecode: aggregatorFacadeBytecode,
        args: [hub.address, index],
      }),
    )
    contracts.push(facade)
    if (parameters.consumerAgeSecondsMax === null) {
      return { index, name, facade: facade.address, consumer: null }
    }
    const consumer = contractOf(
      `ExampleConsumer ${name}`,
      encodeDeployData({
        abi: exampleConsumerAbi,
        bytecode: exampleConsumerBytecode,
        args: [facade.address, BigInt(parameters.consumerAgeSecondsMax)],
      }),
    )
    contracts.push(consumer)
    return { index, name, facade: facade.address, consumer: consumer.address }
  })
  return {
    hub: hub.address,
    settlement: settlement.address,
    feeds,
    contracts,
    missing: contracts.filter(({ address }) => !deployed.has(address)),
  }
}

/** keccak256 of a contract's creation code with its arguments: what its address commits to. */
export function creationCodeHash(contract: PlannedContract): Hex {
  return keccak256(contract.creationCode)
}
