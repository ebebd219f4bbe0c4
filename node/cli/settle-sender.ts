import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Hex, type PrivateKeyAccount, zeroAddress } from 'viem'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import { type ChainAccess, chainAccess } from '../chain/access.ts'
import { ChainClock } from '../chain/chain-clock.ts'
import { type Endpoint, endpointsOf } from '../chain/endpoint.ts'
import { PriceFeedsContract } from '../chain/feeds-contract.ts'
import { vote } from '../chain/heads.ts'
import type { Ask } from '../chain/rpc.ts'
import { Spending } from '../chain/spending.ts'
import { Transmitter } from '../chain/transmitter.ts'
import { type Brought, NOT_BROUGHT } from '../client/settle.ts'
import { type AskChain, priceOf } from '../client/settlement-reads.ts'
import { answered, findSettlement, type ReportSource } from '../client/settlement-search.ts'
import { type Clock, WallClock } from '../clock.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import { DEFAULTS } from '../config/defaults.ts'
import type { ChainConfig } from '../config/schema.ts'
import { OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { Due } from './settle-watch.ts'

/** What sends, and within which limits. */
export interface SettleSenderOptions {
  readonly rpcUrls: readonly string[]
  /** Any committee of the hub. */
  readonly committee: CommitteeFile
  readonly account: PrivateKeyAccount
  /** Most that a transaction may offer, in wei per gas. */
  readonly feePerGasMax: bigint
  /** Most that is spent in 24 hours, in wei. */
  readonly spendPerDayWeiMax: bigint
  /** File that counts it over restarts; without one every process begins at zero. */
  readonly spendingFile: string | null
  readonly log: Log
  /** Left out: this machine's. */
  readonly clock?: Pick<Clock, 'nowMs'>
}

const NAME = 'settle'
/**
 * Raises of the fee of one transaction, one every fifteen seconds: more than a window has room for,
 * so that only the ceiling ends them.
 */
const BUMPS_MAX = 40
/** As of a member: one is in flight at a time, and what waits behind it may come too late. */
const SENDING_MAX = 4

/**
 * Sends settlements as a node does: through its transmitter, which raises the fee of what no block
 * takes, replaces what an earlier process left pending, and keeps to the limits; over endpoints
 * that outvote each other.
 */
export class SettleSender implements Startable {
  readonly name = 'settlements'
  readonly clock: ChainClock
  readonly #access: ChainAccess
  readonly #transmitter: Transmitter
  #sending = 0

  private constructor(options: SettleSenderOptions, chain: Chosen) {
    const { account, log, spendingFile, committee, clock = new WallClock() } = options
    const config = configOf(options, chain.chainId)
    const { endpoints } = chain
    this.clock = new ChainClock({ endpoints, clock, log })
    // Calls name their contract; nothing is delivered to a hub from here.
    const contract = new PriceFeedsContract(
      { address: zeroAddress, committee: committeeOf(keccak_256, committee) },
      { keccak256: keccak_256 },
    )
    const spending = new Spending({ file: spendingFile })
    const use = { account, contract, clock: this.clock, dayClock: clock, log, spending }
    this.#access = chainAccess({ config, dataDirectory: '' }, use)
    this.#transmitter = new Transmitter({ target: NAME, ...config }, { ...use, ...this.#access })
  }

  /** @throws {OracleError} `RPC_ALL_FAILED` when no endpoint says which chain it serves */
  static async open(options: SettleSenderOptions): Promise<SettleSender> {
    const timeoutMs = DEFAULTS.chain.rpcTimeoutMs
    const endpoints = endpointsOf(options.rpcUrls, { timeoutMs })
    return new SettleSender(options, { endpoints, chainId: await chainIdOf(endpoints) })
  }

  /** A chain out of reach is asked again later, and spending that cannot be read is the ceiling. */
  async start(): Promise<void> {
    await this.clock.look()
    await this.#transmitter.start()
  }

  stop(): Promise<void> {
    return this.#transmitter.stop()
  }

  /** What most endpoints answer as of now. */
  readNow<T>(ask: Ask<T>): Promise<T> {
    return this.#access.chain.readNow(ask)
  }

  /**
   * Settles an expiry with the earliest round that these sources have.
   *
   * @param settling `onSent` is called when nothing is left to do but to wait for a block
   * @throws {OracleError} those of `findSettlement`, of endpoints, and of transmissions that fail
   */
  async settle(
    sources: readonly ReportSource[],
    settling: Due & { readonly signal: AbortSignal; readonly onSent: () => void },
  ): Promise<Brought> {
    const { contract, expiry } = settling
    const ask: AskChain = (question) =>
      this.readNow((reader, blockNumber) => question({ reader, block: { blockNumber } }))
    const { feed, price, toBring } = await findSettlement(sources, settling, ask)
    if (toBring === null) return { ...price, ...NOT_BROUGHT }
    const { round, missing, calldata } = toBring
    const sent = this.#send({ ...settling, data: calldata })
    settling.onSent()
    const hash = await sent
    const stands = await answered(
      contract,
      ask((at) => priceOf({ contract, feed, expiry }, at)),
    )
    if (hash === null) return { ...stands, ...NOT_BROUGHT }
    return { ...stands, round, missing, transaction: { hash } }
  }

  /** The transaction that brought it; null when an equal or earlier round stands already. */
  async #send(call: Pick<Due, 'contract'> & { readonly data: Hex }): Promise<Hex | null> {
    if (this.#sending >= SENDING_MAX) {
      throw new OracleError('TRANSMIT_STUCK', `${SENDING_MAX} settlements wait for a block already`)
    }
    this.#sending += 1
    const { contract: to, data } = call
    const ended = await this.#transmitter.call({ to, data, purpose: 'settlement' }).finally(() => {
      this.#sending -= 1
    })
    if (ended.outcome === 'mined') return ended.hash
    const { code, detail } = ended
    if (detail === 'RoundNotEarlier') return null
    throw new OracleError(code, `the settlement was not brought: ${detail}`, {
      context: { contract: to },
    })
  }
}

interface Chosen {
  readonly endpoints: readonly Endpoint[]
  readonly chainId: number
}

/** The chain that most endpoints serve; the others are left out from then on. */
async function chainIdOf(endpoints: readonly Endpoint[]): Promise<number> {
  const said = await Promise.allSettled(endpoints.map(({ client }) => client.getChainId()))
  const answers = said.flatMap((each, index) =>
    each.status === 'fulfilled'
      ? [{ endpoint: endpoints[index]?.name ?? '', value: each.value, key: String(each.value) }]
      : [],
  )
  const chosen = vote(answers)
  if (chosen !== null) return chosen.value
  throw new OracleError('RPC_ALL_FAILED', 'no endpoint in --rpc says which chain it serves', {
    context: { endpoints: endpoints.map(({ name }) => name).join(', ') },
  })
}

function configOf(options: SettleSenderOptions, chainId: number): ChainConfig {
  const { rpcUrls, feePerGasMax, spendPerDayWeiMax } = options
  const { feePerGasGweiMax: _fee, spendPerDayEtherMax: _spend, ...defaults } = DEFAULTS.chain
  return {
    ...defaults,
    ...{ name: NAME, chainId, contract: zeroAddress, settlements: [], sendUrls: [] },
    rpcUrls: [...rpcUrls],
    bumpsMax: BUMPS_MAX,
    feePerGasGweiMax: feePerGasMax,
    priorityFeePerGasGweiMax: 2_000_000_000n,
    spendPerDayEtherMax: spendPerDayWeiMax,
    balanceEtherMin: 0n,
  }
}
