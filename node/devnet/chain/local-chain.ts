import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  type Address,
  createPublicClient,
  createTestClient,
  type Hex,
  http,
  type PublicClient,
  parseEther,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { Committee } from '../../../aggregator/committee/committee.ts'
import { flagshipsOf } from '../../../aggregator/committee/params.ts'
import { exampleConsumerAbi } from '../../../contracts/abi/example-consumer.ts'
import { priceFeedsAbi } from '../../../contracts/abi/price-feeds.ts'
import { type Deployment, deploy } from '../../../contracts/deploy/apply.ts'
import { connect } from '../../../contracts/deploy/chain.ts'
import { deployParametersOf } from '../../../contracts/deploy/parameters.ts'
import { localMarket } from '../market-terms.ts'
import { OptionTrades } from '../option-trades.ts'
import { LocalProcess } from '../process.ts'
import { waitFor } from '../wait.ts'

export const LOCAL_CHAIN_ID = 31_337

/** One delivery as a block holds it. */
export interface Delivered {
  readonly hash: Hex
  readonly gasUsed: number
}

/** The chain of the local network: a Hardhat node in its own process. */
export class LocalChain {
  readonly rpcUrl: string
  readonly process: LocalProcess
  readonly #client: PublicClient
  #deployment: Deployment | null = null
  #trades: OptionTrades | null = null
  #scannedTo = 0n
  readonly #delivered: Delivered[] = []

  constructor(options: { readonly port: number; readonly logPath: string }) {
    const { port, logPath } = options
    const hardhat = createRequire(import.meta.url).resolve('hardhat/package.json')
    const args = [
      join(dirname(hardhat), 'dist/src/cli.js'),
      '--config',
      'node/devnet/chain/hardhat.config.ts',
      'node',
      '--hostname',
      '127.0.0.1',
      '--port',
      String(port),
    ]
    this.rpcUrl = `http://127.0.0.1:${port}`
    this.process = new LocalProcess({ name: 'chain', args, logPath })
    this.#client = createPublicClient({ transport: http(this.rpcUrl, { retryCount: 0 }) })
  }

  get deployment(): Deployment {
    if (this.#deployment === null) throw new Error('the contracts stand before anybody reads them')
    return this.#deployment
  }

  /** The two accounts that trade options here. */
  get trades(): OptionTrades {
    if (this.#trades === null) throw new Error('the market stands before anybody trades on it')
    return this.#trades
  }

  /** Starts the chain and waits until it answers. */
  async start(signal: AbortSignal): Promise<void> {
    this.process.start()
    await waitFor(() => this.#client.getChainId(), {
      what: 'the local chain',
      timeoutMs: 60_000,
      signal,
      check: () => this.process.assertRunning(),
    })
  }

  /** Gives wallets something to spend, and puts the contracts on the chain. */
  async deploy(options: {
    readonly committee: Committee
    readonly wallets: readonly Address[]
  }): Promise<void> {
    const test = createTestClient({ mode: 'hardhat', transport: http(this.rpcUrl) })
    const account = privateKeyToAccount(generatePrivateKey())
    for (const address of [account.address, ...options.wallets]) {
      await test.setBalance({ address, value: parseEther('10') })
    }
    const { deployment } = await deploy(
      await connect({ rpcUrl: this.rpcUrl, account }),
      deployParametersOf(
        {
          params: options.committee.params,
          digest: options.committee.digest,
          groupKey: options.committee.groupKey.publicKey,
        },
        {
          historyFeeds: flagshipsOf(options.committee.params.feeds),
          reportAgeMsMax: 60_000,
          futureMsMax: 10_000,
          consumerAgeSecondsMax: 60,
          markets: [localMarket(options.committee.params.feeds[0]?.name ?? '')],
        },
      ),
    )
    this.#deployment = deployment
    this.#trades = new OptionTrades(this.rpcUrl, deployment)
    for (const { address } of [this.#trades.writer, this.#trades.buyer]) {
      await test.setBalance({ address, value: parseEther('10') })
    }
    await this.#trades.prepare()
    // From now on blocks come by the clock alone, as on a real chain.
    await test.setAutomine(false)
    this.#scannedTo = await this.#client.getBlockNumber()
  }

  /** Number of the newest block. */
  async head(): Promise<bigint> {
    return await this.#client.getBlockNumber({ cacheTime: 0 })
  }

  /** What the consumer contract of a feed reads through its facade; null before any report. */
  async consumerPrice(feed: number, blockNumber?: bigint): Promise<bigint | null> {
    const consumer = this.deployment.feeds[feed]?.consumer
    if (consumer === null || consumer === undefined) return null
    try {
      const [value] = await this.#client.readContract({
        address: consumer,
        abi: exampleConsumerAbi,
        functionName: 'price',
        ...(blockNumber !== undefined && { blockNumber }),
      })
      return value
    } catch {
      return null
    }
  }

  /** Round of the report that the hub holds for a feed at a block; 0 before any. */
  async heldRound(feed: number, blockNumber: bigint): Promise<number> {
    const held = await this.#client.readContract({
      address: this.deployment.hub,
      abi: priceFeedsAbi,
      functionName: 'latest',
      args: [BigInt(feed)],
      blockNumber,
    })
    return held.round
  }

  /** The value that the hub holds for a feed, at a block or the newest; null before any report. */
  async heldValue(feed: number, blockNumber?: bigint): Promise<bigint | null> {
    const held = await this.#client.readContract({
      address: this.deployment.hub,
      abi: priceFeedsAbi,
      functionName: 'latest',
      args: [BigInt(feed)],
      ...(blockNumber !== undefined && { blockNumber }),
    })
    return held.round === 0 ? null : held.value
  }

  /** Every delivery since the start, the oldest first; looks at the blocks that came since. */
  async deliveries(): Promise<readonly Delivered[]> {
    const head = await this.#client.getBlockNumber({ cacheTime: 0 })
    while (this.#scannedTo < head) {
      const blockNumber = this.#scannedTo + 1n
      const block = await this.#client.getBlock({ blockNumber, includeTransactions: true })
      for (const { hash, to } of block.transactions) {
        if (to?.toLowerCase() !== this.deployment.hub.toLowerCase()) continue
        const receipt = await this.#client.getTransactionReceipt({ hash })
        if (receipt.status !== 'success') continue
        this.#delivered.push({ hash, gasUsed: Number(receipt.gasUsed) })
      }
      this.#scannedTo = blockNumber
    }
    return this.#delivered
  }
}
