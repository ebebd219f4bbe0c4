import type { Clock } from '../clock.ts'
import type { ChainConfig } from '../config/schema.ts'
import type { Log } from '../logging.ts'
import { endpointsOf } from './endpoint.ts'
import { EvmChain } from './evm-chain.ts'
import type { PriceFeedsContract } from './feeds-contract.ts'
import type { FeeCaps } from './fees.ts'
import { Relays, relaysOf } from './relays.ts'
import { RpcPool } from './rpc.ts'
import type { BalanceRead, SenderOptions, SendingAccount } from './sender.ts'
import { TransactionSender } from './sender.ts'
import { Spending, spendingPath } from './spending.ts'

export interface TargetOptions {
  readonly config: ChainConfig
  readonly dataDirectory: string
}

export interface AccessDependencies {
  readonly account: SendingAccount
  readonly contract: PriceFeedsContract
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  readonly onBalance?: (balance: BalanceRead) => void
  /** By which a day of spending is told; left out: `clock`. No endpoint may have a say in it. */
  readonly dayClock?: Pick<Clock, 'nowMs'>
  /** What counts the spending of a day; left out: a file of the data directory. */
  readonly spending?: Spending
}

/** What stands between a node and one contract: endpoints, relays, the wallet and its limits. */
export interface ChainAccess {
  readonly spending: Spending
  readonly pool: RpcPool
  readonly relays: Relays
  readonly chain: EvmChain
  readonly sender: TransactionSender
}

/** Makes it of one target of the configuration; nothing is asked yet. */
export function chainAccess(
  { config, dataDirectory }: TargetOptions,
  use: AccessDependencies,
): ChainAccess {
  const { name } = config
  const log = use.log.child({ target: name })
  const file = spendingPath(dataDirectory, name)
  const { spending = new Spending({ file }) } = use
  const { endpoints, relays: sentTo } = addressesOf(config)
  const relays = new Relays(sentTo, { log })
  const pool = new RpcPool({ chain: name, ...config }, { ...use, endpoints })
  const chain = new EvmChain(
    { target: name, chainId: config.chainId, sender: use.account.address },
    { pool, contract: use.contract, relays },
  )
  const { dayClock = use.clock } = use
  const sender = new TransactionSender(limitsOf(config), {
    ...{ ...use, clock: dayClock },
    ...{ chain, spending },
  })
  return { spending, pool, relays, chain, sender }
}

/** What makes it read and send by another configuration of the same target from then on. */
export function prepareAccess(
  { pool, relays, sender }: ChainAccess,
  config: ChainConfig,
): () => void {
  const { endpoints, relays: sentTo } = addressesOf(config)
  const limits = limitsOf(config)
  return () => {
    pool.reconfigure({ chain: config.name, ...config }, endpoints)
    relays.reconfigure(sentTo)
    sender.reconfigure(limits)
  }
}

function addressesOf({ rpcUrls, sendUrls, rpcTimeoutMs: timeoutMs }: ChainConfig) {
  return {
    endpoints: endpointsOf(rpcUrls, { timeoutMs }),
    relays: relaysOf(sendUrls, { timeoutMs }),
  }
}

function limitsOf(config: ChainConfig): SenderOptions {
  return {
    chainId: config.chainId,
    caps: feeCapsOf(config),
    gasMax: BigInt(config.gasMax),
    spendPerDayWeiMax: config.spendPerDayEtherMax,
    balanceWeiMin: config.balanceEtherMin,
  }
}

/** What a target of the configuration lets a transaction offer. */
export function feeCapsOf(
  config: Pick<ChainConfig, 'feePerGasGweiMax' | 'priorityFeePerGasGweiMax'>,
): FeeCaps {
  return {
    feePerGasMax: config.feePerGasGweiMax,
    priorityFeePerGasMax: config.priorityFeePerGasGweiMax,
  }
}
