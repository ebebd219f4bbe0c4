import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  type PrivateKeyAccount,
  type PublicClient,
  type WalletClient,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { optionMarketAbi } from '../../contracts/abi/option-market.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { testTokenAbi } from '../../contracts/abi/test-token.ts'
import type { Deployment } from '../../contracts/deploy/apply.ts'
import { OracleError } from '../errors.ts'

export type Side = 'call' | 'put'
export const SIDES = ['call', 'put'] as const satisfies readonly Side[]

/** What a call and a put have in common. */
export interface Terms {
  /** In the decimals of the spot feed. */
  readonly strike: bigint
  /** Unix time in seconds. */
  readonly expiry: number
}

interface Call {
  readonly to: Address
  readonly data: Hex
}

/** One unit of the underlying. */
const UNIT = 10n ** 18n
/** Enough collateral for a call and a put on two units each. */
const BASE_MINTED = 100n * UNIT
const QUOTE_MINTED = 10n ** 13n
const MARKUP_BPS = 100
/** More than any trade takes: an estimate of now is too low when a feed moves before the block. */
const GAS_MAX = 1_000_000n

/** Two accounts, one that writes and one that buys, with the contracts they trade on. */
export class OptionTrades {
  readonly reader: PublicClient
  readonly market: Deployment['markets'][number]
  readonly writer = privateKeyToAccount(generatePrivateKey())
  readonly buyer = privateKeyToAccount(generatePrivateKey())
  readonly #wallet: WalletClient
  readonly #hub: Address

  constructor(rpcUrl: string, deployment: Deployment) {
    const [market] = deployment.markets
    if (market === undefined) throw new Error('the local network deploys a market')
    const transport = http(rpcUrl, { retryCount: 0 })
    this.reader = createPublicClient({ transport, pollingInterval: 100, cacheTime: 0 })
    this.#wallet = createWalletClient({ transport })
    this.#hub = deployment.hub
    this.market = market
  }

  get wallet(): WalletClient {
    return this.#wallet
  }

  /** Gives both accounts worthless tokens and lets the market take them. */
  async prepare(): Promise<void> {
    const { base, quote, market } = this.market
    const of = (functionName: 'mint' | 'approve', args: readonly unknown[]) =>
      encodeFunctionData({ abi: testTokenAbi, functionName, args } as never)
    const calls = (account: PrivateKeyAccount) =>
      [
        { to: base, amount: BASE_MINTED },
        { to: quote, amount: QUOTE_MINTED },
      ].flatMap(({ to, amount }) => [
        { to, data: of('mint', [account.address, amount]) },
        { to, data: of('approve', [market, amount]) },
      ])
    await this.#sendAll(this.writer, calls(this.writer))
    await this.#sendAll(this.buyer, calls(this.buyer))
  }

  /** The hub's latest value of a feed; null while it has none that can be used. */
  async value(feed: number): Promise<bigint | null> {
    const latest = await this.reader.readContract({
      address: this.#hub,
      abi: priceFeedsAbi,
      functionName: 'latest',
      args: [BigInt(feed)],
    })
    return latest.status === 1 ? latest.value : null
  }

  /** Seconds of the newest block. */
  async now(): Promise<number> {
    return Number((await this.reader.getBlock()).timestamp)
  }

  /** The writer offers two units of each side; the offers have the numbers 1 and 2. */
  async write({ strike, expiry }: Terms): Promise<void> {
    const calls = SIDES.map((_, side) =>
      this.#call('write', [side, strike, expiry, 2n * UNIT, MARKUP_BPS]),
    )
    await this.#sendAll(this.writer, calls)
  }

  /** The buyer takes one unit of each side at the price of the block. */
  async buy(): Promise<void> {
    const calls = [
      this.#call('buy', [1n, UNIT, BASE_MINTED]),
      this.#call('buy', [2n, UNIT, QUOTE_MINTED]),
    ]
    await this.#sendAll(this.buyer, calls)
  }

  /** What one unit of a side costs in this block, in units of its token; null when not on sale. */
  async quote(side: Side): Promise<bigint | null> {
    const args = [BigInt(SIDES.indexOf(side) + 1), UNIT] as const
    try {
      return await this.#read('quote', args)
    } catch {
      return null
    }
  }

  /** Exercises what the buyer holds, and returns what is left to the writer. */
  async close(terms: Terms): Promise<void> {
    const held = await Promise.all(SIDES.map((side) => this.series(side, terms)))
    const owed = [
      ...[1n, 2n].map((offer) => this.#call('redeem', [offer])),
      ...[this.market.base, this.market.quote].map((token) =>
        this.#call('withdrawPremium', [token]),
      ),
    ]
    await Promise.all([
      this.#sendAll(
        this.buyer,
        held.map((series) => this.#call('exercise', [series])),
      ),
      this.#sendAll(this.writer, owed),
    ])
  }

  async series(side: Side, { strike, expiry }: Terms): Promise<bigint> {
    return await this.#read('seriesId', [SIDES.indexOf(side), strike, expiry])
  }

  /** Tokens of an account: base, quote. */
  async balances(account: Address): Promise<readonly [bigint, bigint]> {
    const of = (address: Address) =>
      this.reader.readContract({
        address,
        abi: testTokenAbi,
        functionName: 'balanceOf',
        args: [account],
      })
    return await Promise.all([of(this.market.base), of(this.market.quote)])
  }

  async #read(functionName: 'quote' | 'seriesId' | 'payoutOf', args: readonly unknown[]) {
    const data = encodeFunctionData({ abi: optionMarketAbi, functionName, args } as never)
    const { data: answer = '0x' } = await this.reader.call({ to: this.market.market, data })
    return BigInt(answer)
  }

  #call(
    functionName: 'write' | 'buy' | 'exercise' | 'redeem' | 'withdrawPremium',
    args: readonly unknown[],
  ): Call {
    const data = encodeFunctionData({ abi: optionMarketAbi, functionName, args } as never)
    return { to: this.market.market, data }
  }

  /** Sends in order and waits for all, so that a block can hold several. */
  async #sendAll(account: PrivateKeyAccount, calls: readonly Call[]): Promise<void> {
    const hashes: Hex[] = []
    for (const call of calls) {
      hashes.push(
        await this.#wallet.sendTransaction({ account, chain: null, gas: GAS_MAX, ...call }),
      )
    }
    for (const hash of hashes) {
      const { status } = await this.reader.waitForTransactionReceipt({ hash })
      if (status === 'success') continue
      const message = `a trade of the local network reverted: ${hash}`
      throw new OracleError('DEVNET_TRADE_REVERTED', message, { context: { hash } })
    }
  }
}
