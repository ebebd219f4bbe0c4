import type { Address, Hex, PublicClient } from 'viem'
import { bytesToHex, decodeErrorResult } from 'viem'
import type { Committee } from '../../aggregator/committee.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedOnChain } from '../../aggregator/phases/deliver.ts'
import type { CommitteeOnChain } from '../../aggregator/report/calldata.ts'
import { encodeUpdate, UPDATE_FEEDS_MAX } from '../../aggregator/report/calldata.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { OracleError } from '../errors.ts'
import type { FeedsContract } from './chain.ts'

export interface PriceFeedsOptions {
  readonly address: Address
  readonly committee: Committee
}

/** Until committees change (protocol §11.2), the one in office is the first. */
const FIRST_EPOCH = 1
/** Calls at once to one endpoint; more would open a socket each. */
const CALLS_AT_ONCE = 16

/** PriceFeeds of contracts/src, through its exported ABI. */
export class PriceFeedsContract implements FeedsContract {
  readonly address: Address
  readonly feedsMax = UPDATE_FEEDS_MAX
  readonly overtakenError = 'RoundNotNewer'
  readonly #committee: Committee
  readonly #onChain: CommitteeOnChain
  readonly #keccak256: Crypto['keccak256']

  constructor(
    options: PriceFeedsOptions,
    dependencies: { readonly keccak256: Crypto['keccak256'] },
  ) {
    const { params, groupKey } = options.committee
    this.address = options.address
    this.#committee = options.committee
    this.#keccak256 = dependencies.keccak256
    this.#onChain = {
      epoch: FIRST_EPOCH,
      publicKey: groupKey.publicKey,
      clock: { genesisMs: params.genesisMs, ...params.timing },
      isFirstClock: true,
    }
  }

  encodeUpdate(certificate: Certificate, feeds: readonly FeedIndex[]): Hex {
    const committee = this.#onChain
    return bytesToHex(encodeUpdate(this.#keccak256, { certificate, feeds, committee }))
  }

  async readFeeds(client: PublicClient, block: bigint): Promise<readonly FeedOnChain[]> {
    const count = this.#committee.params.feeds.length
    const feeds: FeedOnChain[] = []
    while (feeds.length < count) {
      const size = Math.min(CALLS_AT_ONCE, count - feeds.length)
      const indices = Array.from({ length: size }, (_, offset) => feeds.length + offset)
      feeds.push(...(await Promise.all(indices.map((feed) => this.#read(client, block, feed)))))
    }
    return feeds
  }

  /**
   * Checks that the contract verifies the committee of this node.
   *
   * @throws {OracleError} CONTRACT_COMMITTEE_DIFFERS; errors of the client when it cannot be asked
   */
  async check(client: PublicClient, blockNumber: bigint): Promise<void> {
    const call = { address: this.address, abi: priceFeedsAbi, blockNumber } as const
    const { digest } = await client.readContract({
      ...call,
      functionName: 'committee',
      args: [BigInt(FIRST_EPOCH)],
    })
    const own = bytesToHex(this.#committee.digest)
    if (digest === own) return
    throw new OracleError(
      'CONTRACT_COMMITTEE_DIFFERS',
      `the contract at ${this.address} was deployed for another committee; ` +
        'compare the committee file with that of the deployment, or correct chains[].contract',
      { context: { contract: this.address, onChain: digest, own } },
    )
  }

  errorNameOf(data: Hex): string | null {
    try {
      return decodeErrorResult({ abi: priceFeedsAbi, data }).errorName
    } catch {
      return null
    }
  }

  async #read(client: PublicClient, blockNumber: bigint, feed: FeedIndex): Promise<FeedOnChain> {
    const { value, time, round, status } = await client.readContract({
      address: this.address,
      abi: priceFeedsAbi,
      functionName: 'latest',
      args: [BigInt(feed)],
      blockNumber,
    })
    return { feed, value, round, timestampMs: time * 1_000, status }
  }
}
