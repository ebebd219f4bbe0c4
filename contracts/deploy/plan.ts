import type { Address, Hex } from 'viem'
import { encodeDeployData, zeroAddress } from 'viem'
import { aggregatorFacadeAbi, aggregatorFacadeBytecode } from '../abi/aggregator-facade.ts'
import { exampleConsumerAbi, exampleConsumerBytecode } from '../abi/example-consumer.ts'
import { feedDirectoryAbi, feedDirectoryBytecode } from '../abi/feed-directory.ts'
import { feedStatisticsAbi, feedStatisticsBytecode } from '../abi/feed-statistics.ts'
import { priceFeedsAbi, priceFeedsBytecode } from '../abi/price-feeds.ts'
import { settlementAbi, settlementBytecode } from '../abi/settlement.ts'
import { type DeployParameters, FEEDS_AT_DEPLOYMENT_MAX } from './parameters.ts'
import { type PlannedAdapters, planAdapters } from './plan-adapters.ts'
import { type PlannedBonds, planBonds } from './plan-bonds.ts'
import { type PlannedMarket, planMarket } from './plan-market.ts'
import { contractOf, type PlannedContract } from './planned-contract.ts'

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
  readonly statistics: Address
  readonly directory: Address
  readonly feeds: readonly PlannedFeed[]
  readonly adapters: PlannedAdapters | null
  readonly markets: readonly PlannedMarket[]
  readonly bonds: PlannedBonds | null
  /** Everything that must exist in the end, in the order of deployment. */
  readonly contracts: readonly PlannedContract[]
  /** What would change: the contracts that are not on the chain yet. Empty when all is done. */
  readonly missing: readonly PlannedContract[]
  /** What the directory is told of the committee; null where its parameters are not given. */
  readonly described: { readonly digest: Hex; readonly parameters: Hex } | null
}

/** The contract counts in whole seconds, as blocks do. */
function secondsOf(durationMs: number): number {
  if (durationMs % 1000 !== 0) throw new RangeError('a limit on chain is in whole seconds')
  return durationMs / 1000
}

function hubOf(parameters: DeployParameters): PlannedContract {
  const { committee, historyFeeds, flagshipFeeds, reportAgeMsMax, futureMsMax } = parameters
  const { feeds, owner, sequencer } = parameters
  if (feeds.length > FEEDS_AT_DEPLOYMENT_MAX) {
    throw new RangeError(`at most ${FEEDS_AT_DEPLOYMENT_MAX} feeds are named at deployment`)
  }
  if (historyFeeds > flagshipFeeds) {
    throw new RangeError('only feeds with a word of their own keep a history')
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
          flagshipFeeds,
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

function directoryOf({ assets = [] }: DeployParameters, hub: Address): PlannedContract {
  const given = assets.map(({ symbol, address }) => ({ symbol, place: address }))
  return contractOf(
    'FeedDirectory',
    encodeDeployData({
      abi: feedDirectoryAbi,
      bytecode: feedDirectoryBytecode,
      args: [hub, given],
    }),
  )
}

/** The facade of a feed and, where one is asked for, its consumer. */
function feedOf(
  parameters: DeployParameters,
  hub: Address,
  index: number,
): { readonly feed: PlannedFeed; readonly contracts: readonly PlannedContract[] } {
  const { feeds, consumerAgeSecondsMax } = parameters
  const name = feeds[index]?.name ?? ''
  const facade = contractOf(
    `AggregatorFacade ${name}`,
    encodeDeployData({
      abi: aggregatorFacadeAbi,
      bytecode: aggregatorFacadeBytecode,
      args: [hub, index],
    }),
  )
  const feed = { index, name, facade: facade.address }
  if (consumerAgeSecondsMax === null) {
    return { feed: { ...feed, consumer: null }, contracts: [facade] }
  }
  const consumer = contractOf(
    `ExampleConsumer ${name}`,
    encodeDeployData({
      abi: exampleConsumerAbi,
      bytecode: exampleConsumerBytecode,
      args: [facade.address, BigInt(consumerAgeSecondsMax)],
    }),
  )
  return { feed: { ...feed, consumer: consumer.address }, contracts: [facade, consumer] }
}

/**
 * Says what a deployment consists of and what of it is missing. Pure: the same parameters give the
 * same addresses on every chain.
 *
 * @param deployed addresses that hold code, see `inspect`
 */
export function plan(parameters: DeployParameters, deployed: ReadonlySet<Address>): Plan {
  const { digest, parameters: bytes } = parameters.committee
  const hub = hubOf(parameters)
  const onHub = { args: [hub.address] } as const
  const settlement = contractOf(
    'Settlement',
    encodeDeployData({ abi: settlementAbi, bytecode: settlementBytecode, ...onHub }),
  )
  const statistics = contractOf(
    'FeedStatistics',
    encodeDeployData({ abi: feedStatisticsAbi, bytecode: feedStatisticsBytecode, ...onHub }),
  )
  const directory = directoryOf(parameters, hub.address)
  const contracts: PlannedContract[] = [hub, settlement, statistics, directory]
  const feeds = parameters.feeds.map((_, index) => {
    const planned = feedOf(parameters, hub.address, index)
    contracts.push(...planned.contracts)
    return planned.feed
  })
  const scope = {
    hub: hub.address,
    settlement: settlement.address,
    statistics: statistics.address,
    feeds: parameters.feeds,
  }
  const adapters =
    parameters.adapters === undefined ? null : planAdapters(parameters.adapters, scope)
  contracts.push(...(adapters?.contracts ?? []))
  const markets = (parameters.markets ?? []).map((market) => {
    const planned = planMarket(market, { ...scope, flagshipFeeds: parameters.flagshipFeeds })
    contracts.push(...planned.contracts.filter((each) => !contracts.some(isSame(each))))
    return planned.market
  })
  const bonds = parameters.bonds === undefined ? null : planBonds(parameters.bonds, hub.address)
  contracts.push(...(bonds?.contracts ?? []))
  return {
    ...scope,
    directory: directory.address,
    feeds,
    adapters: adapters?.planned ?? null,
    markets,
    bonds: bonds?.planned ?? null,
    contracts,
    missing: contracts.filter(({ address }) => !deployed.has(address)),
    described: bytes === undefined ? null : { digest, parameters: bytes },
  }
}

/** Two markets may share a test token or an oracle: equal code and arguments are one contract. */
function isSame(one: PlannedContract): (other: PlannedContract) => boolean {
  return (other) => other.address === one.address
}
