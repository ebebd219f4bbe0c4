import { type Address, formatEther, type PublicClient } from 'viem'
import { nextExpiry } from '../../aggregator/delivery/settlement.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import type { FeeCaps, FeeQuote } from '../chain/fees.ts'
import { firstFees } from '../chain/fees.ts'
import { MarketExpiries } from '../chain/market-expiries.ts'
import type { Ask } from '../chain/rpc.ts'
import { withGasMargin } from '../chain/sender.ts'
import { checkSettlement, readMarketTerms } from '../chain/settlement-calls.ts'
import type { ChainConfig } from '../config/schema.ts'
import { OracleError } from '../errors.ts'
import { overCapFinding } from './fee-findings.ts'
import { type Finding, fault, findingOf, ok, warning } from './finding.ts'

/** Rough gas of one: test/integration/settlement-handover.test.ts uses 77,000 to 90,000. */
const SETTLEMENT_GAS = 100_000n
/** Each reads about a thousand offers. */
const LOOKS_MAX = 16

export interface SettlementScene {
  readonly config: Pick<ChainConfig, 'name' | 'contract' | 'settlements'>
  /** Names of the committee's feeds, by index. */
  readonly feedNames: readonly string[]
  readonly nowMs: UnixMs
  /** What most endpoints answer as of now. */
  readonly readNow: <T>(ask: Ask<T>) => Promise<T>
}

/** One finding for each of `chains[].settlements`. */
export async function settlementFindings(scene: SettlementScene): Promise<readonly Finding[]> {
  const { name, settlements } = scene.config
  const found: Finding[] = []
  for (const each of settlements) {
    const what = 'market' in each ? `market ${each.market}` : each.feed
    const check = `settlement of ${what} on ${name}`
    const looked = 'market' in each ? ofMarket(each.market, scene) : ofFeed(each, scene)
    found.push(
      await looked.then(
        (seen) => ok(check, seen),
        (error: unknown) => findingOf(check, 'fault', error),
      ),
    )
  }
  return found
}

type Settlement = ChainConfig['settlements'][number]

async function ofFeed(
  { contract, feed, expiries }: Exclude<Settlement, { readonly market: Address }>,
  scene: SettlementScene,
): Promise<string> {
  await checkTerms({ contract, feed: scene.feedNames.indexOf(feed) }, scene)
  return `${contract} hears this hub; next expiry ${dateOf(nextExpiry(expiries, scene.nowMs))}`
}

async function ofMarket(market: Address, scene: SettlementScene): Promise<string> {
  const { readNow, nowMs, feedNames } = scene
  const terms = await readNow((client, block) => readMarketTerms(client, block, market))
  await checkTerms(terms, scene)
  const offers = new MarketExpiries(market, readNow)
  let isAll = await offers.look(nowMs)
  for (let looks = 1; !isAll && looks < LOOKS_MAX; looks++) isAll = await offers.look(nowMs)
  const [first, ...others] = offers.ahead(nowMs)
  const among = isAll ? '' : ` among the first ${offers.offersRead} offers`
  const settles = `settles by ${feedNames[terms.feed]}`
  if (first === undefined) return `${settles}; no offers for expiries to come${among}`
  return `${settles}; next expiry ${dateOf(first)}, ${others.length} more to come${among}`
}

/** @throws {OracleError} CONTRACT_SETTLEMENT_DIFFERS, SETTLEMENT_FEED_DIFFERS */
async function checkTerms(
  { contract, feed }: { readonly contract: Address; readonly feed: FeedIndex },
  { config, feedNames, readNow }: SettlementScene,
): Promise<void> {
  const hub = config.contract
  await readNow((client, block) => checkSettlement(client, block, { contract, hub }))
  const onHub = await readNow((client, block) => feedNameOf(client, block, { hub, feed }))
  const named = feedNames[feed] ?? 'none'
  if (onHub === named) return
  throw new OracleError(
    'SETTLEMENT_FEED_DIFFERS',
    `feed ${feed} is ${onHub} on the hub and ${named} in the committee file; ` +
      'correct the address, or take the committee file of this hub',
    { context: { feed, onHub, named } },
  )
}

async function feedNameOf(
  client: PublicClient,
  blockNumber: bigint,
  { hub, feed }: { readonly hub: Address; readonly feed: FeedIndex },
): Promise<string> {
  const call = { address: hub, abi: priceFeedsAbi, blockNumber } as const
  const args = [BigInt(feed)] as const
  const { name } = await client.readContract({ ...call, functionName: 'feedConfig', args })
  return name
}

/** Whether the wallet can pay for a settlement as it would be sent now, and a day's ceiling. */
export function settlementPayFinding(
  check: string,
  seen: {
    readonly balanceWei: bigint
    readonly quote: FeeQuote
    readonly caps: FeeCaps
    readonly spendPerDayWeiMax: bigint
  },
): Finding {
  const fees = firstFees(seen.quote, seen.caps)
  if (fees === null) return overCapFinding(check, seen.quote)
  const costWei = withGasMargin(SETTLEMENT_GAS) * fees.maxFeePerGas
  const cost = `a settlement may cost up to ${formatEther(costWei)} ether`
  if (seen.balanceWei < costWei) {
    const advice = 'send the wallet some, or leave chains[].settlements to other members'
    return fault(check, { code: 'WALLET_EMPTY', seen: `${cost}; the wallet has less`, advice })
  }
  if (seen.spendPerDayWeiMax >= costWei) return ok(check, cost)
  const advice = 'raise chains[].spendPerDayEtherMax, or wait for lower fees'
  const code = 'SPENDING_CEILING_REACHED'
  return warning(check, { code, seen: `${cost}, more than the ceiling of a day`, advice })
}

function dateOf(expirySeconds: number): string {
  return new Date(expirySeconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')
}
