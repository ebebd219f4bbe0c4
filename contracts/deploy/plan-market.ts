import type { Address } from 'viem'
import { encodeDeployData } from 'viem'
import { optionMarketAbi, optionMarketBytecode } from '../abi/option-market.ts'
import { testTokenAbi, testTokenBytecode } from '../abi/test-token.ts'
import { volatilityOracleAbi, volatilityOracleBytecode } from '../abi/volatility-oracle.ts'
import { DeployError } from './errors.ts'
import {
  type FeedParameters,
  feedIndexOf,
  type GuardParameters,
  type MarketParameters,
  type TokenParameters,
} from './parameters.ts'
import { contractOf, type PlannedContract } from './planned-contract.ts'

/** What stands at the addresses of an option market. */
export interface PlannedMarket {
  readonly name: string
  readonly market: Address
  readonly volatility: Address
  /** Index of the feed that settles. */
  readonly settlementFeed: number
  readonly base: Address
  readonly quote: Address
}

interface Scope {
  readonly hub: Address
  readonly settlement: Address
  readonly feeds: readonly FeedParameters[]
  /** Feeds below this index are flagship feeds. */
  readonly flagshipFeeds: number
}

/**
 * The contracts of one market, in the order of deployment. Pure, as `plan`.
 *
 * @throws {DeployError} `DEPLOY_FEED_UNKNOWN`, `DEPLOY_FEED_UNSETTLED`
 */
export function planMarket(
  parameters: MarketParameters,
  scope: Scope,
): { readonly market: PlannedMarket; readonly contracts: readonly PlannedContract[] } {
  const { name, volatility: asked, spotGuard, rateGuard } = parameters
  const feed = (wanted: string) => feedIndexOf(scope.feeds, wanted)
  const contracts: PlannedContract[] = []
  const tokenOf = (token: TokenParameters): Address => {
    if ('address' in token) return token.address
    const planned = testTokenOf(token.testToken)
    contracts.push(planned)
    return planned.address
  }
  const base = tokenOf(parameters.base)
  const quote = tokenOf(parameters.quote)
  const tenors = asked.tenors.map((each) => ({ feed: feed(each.feed), tenor: each.tenorSeconds }))
  const volatility = contractOf(
    `VolatilityOracle ${name}`,
    encodeDeployData({
      abi: volatilityOracleAbi,
      bytecode: volatilityOracleBytecode,
      args: [scope.hub, tenors, guardOf(asked.guard)],
    }),
  )
  const settlementFeed = settlementFeedOf(parameters, scope)
  const market = contractOf(
    `OptionMarket ${name}`,
    encodeDeployData({
      abi: optionMarketAbi,
      bytecode: optionMarketBytecode,
      args: [
        {
          pricing: {
            hub: scope.hub,
            volatility: volatility.address,
            spotFeed: feed(parameters.spotFeed),
            rateFeed: feed(parameters.rateFeed),
            spotGuard: guardOf(spotGuard),
            rateGuard: guardOf(rateGuard),
            edgeBps: parameters.edgeBps,
          },
          settlement: scope.settlement,
          settlementFeed,
          base,
          quote,
          saleStopSeconds: parameters.saleStopSeconds,
          expiryStepSeconds: parameters.expiryStepSeconds,
        },
      ],
    }),
  )
  contracts.push(volatility, market)
  const addresses = { market: market.address, volatility: volatility.address, base, quote }
  return { market: { name, settlementFeed, ...addresses }, contracts }
}

/** @throws {DeployError} `DEPLOY_FEED_UNKNOWN`, `DEPLOY_FEED_UNSETTLED` */
function settlementFeedOf({ settlementFeed }: MarketParameters, scope: Scope): number {
  const index = feedIndexOf(scope.feeds, settlementFeed)
  if (index < scope.flagshipFeeds) return index
  throw new DeployError(
    'DEPLOY_FEED_UNSETTLED',
    `${settlementFeed} is a long-tail feed and never settles; take a flagship feed`,
  )
}

function testTokenOf({
  symbol,
  decimals,
}: Extract<TokenParameters, { testToken: unknown }>['testToken']): PlannedContract {
  return contractOf(
    `TestToken ${symbol}`,
    encodeDeployData({ abi: testTokenAbi, bytecode: testTokenBytecode, args: [symbol, decimals] }),
  )
}

function guardOf({ ageSecondsMax, spreadBpsMax, observersMin }: GuardParameters) {
  return { ageSecondsMax, spreadBpsMax, observersMin }
}
