import type { Address, Hex, PublicClient } from 'viem'
import { bytesToHex, decodeErrorResult } from 'viem'
import { type Committee, reportRoundAt } from '../../aggregator/committee/committee.ts'
import type { FeedOnChain } from '../../aggregator/delivery/due.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { CommitteeOnChain } from '../../aggregator/report/calldata.ts'
import { encodeReport, encodeUpdate, UPDATE_FEEDS_MAX } from '../../aggregator/report/calldata.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { OracleError } from '../errors.ts'
import type { FeedsContract, Standing } from './chain.ts'
import { checkFeedPlaces } from './feed-places.ts'
import { HANDOVER_SOURCE } from './handover-calls.ts'

export interface PriceFeedsOptions {
  readonly address: Address
  readonly committee: Committee
  /** Digest of the committee that hands over to this one; left out for a first committee. */
  readonly predecessor?: Uint8Array
}

/** What is assumed until the contract was read: that this committee is its first. */
const FIRST_EPOCH = 1
/** How many committees back a contract is searched for this one. */
const EPOCHS_SEARCHED = 8
/** What a delivery or a settlement may revert with. */
const ERRORS = [...priceFeedsAbi, ...settlementAbi]
/** Calls at once to one endpoint; more would open a socket each. */
const CALLS_AT_ONCE = 16

interface ContractClock {
  readonly genesisMs: number
  readonly roundMs: number
  readonly includeMs: number
  readonly skewMs: number
}

/** PriceFeeds of contracts/src, through its exported ABI. */
export class PriceFeedsContract implements FeedsContract {
  readonly address: Address
  readonly feedsMax = UPDATE_FEEDS_MAX
  readonly overtakenErrors = ['RoundNotNewer', 'LongTailNotNewer']
  readonly #committee: Committee
  readonly #predecessor: Uint8Array | undefined
  #onChain: CommitteeOnChain
  #isInOffice: boolean
  readonly #keccak256: Crypto['keccak256']

  constructor(
    options: PriceFeedsOptions,
    dependencies: { readonly keccak256: Crypto['keccak256'] },
  ) {
    const { params, groupKey } = options.committee
    this.address = options.address
    this.#committee = options.committee
    this.#keccak256 = dependencies.keccak256
    this.#predecessor = options.predecessor
    this.#isInOffice = options.predecessor === undefined
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

  /** Never marked as of the committee before: Settlement does that by the switch as it sees it. */
  encodeReport(certificate: Certificate, feeds: readonly FeedIndex[]): Hex {
    const committee = this.#onChain
    return bytesToHex(encodeReport(this.#keccak256, { certificate, feeds, committee }))
  }

  /** Number of this node's committee on the contract, as last read. */
  get epoch(): number {
    return this.#onChain.epoch
  }

  freshSlotsMax(feeds: readonly FeedIndex[]): number {
    return feeds.filter((feed) => !this.#isLongTail(feed)).length
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

  /** Whether the contract takes reports of this node's committee, as last read. */
  get isInOffice(): boolean {
    return this.#isInOffice
  }

  /**
   * Checks that the contract verifies the committee of this node, or will by hand-over, and has its
   * feeds in their places.
   *
   * @throws {OracleError} CONTRACT_COMMITTEE_DIFFERS, CONTRACT_FEEDS_DIFFER; errors of the client
   * when it cannot be asked
   */
  async check(client: PublicClient, blockNumber: bigint): Promise<void> {
    await this.#checkCommittee(client, blockNumber)
    const { feeds } = this.#committee.params
    await checkFeedPlaces(client, blockNumber, { address: this.address, feeds })
  }

  async #checkCommittee(client: PublicClient, blockNumber: bigint): Promise<void> {
    const standing = await this.readStanding(client, blockNumber)
    if (standing.own !== null) return
    const onChain = standing.inOffice.digest
    if (this.#predecessor !== undefined && onChain === bytesToHex(this.#predecessor)) return
    const own = bytesToHex(this.#committee.digest)
    throw new OracleError(
      'CONTRACT_COMMITTEE_DIFFERS',
      `the contract at ${this.address} knows another committee; ` +
        'compare the committee file with that of the deployment, or correct chains[].contract',
      { context: { contract: this.address, onChain, own } },
    )
  }

  /** Where this committee stands on the contract (protocol §11.2). */
  async readStanding(client: PublicClient, blockNumber: bigint): Promise<Standing> {
    const call = { address: this.address, abi: priceFeedsAbi, blockNumber } as const
    const read = (number: number) =>
      client.readContract({ ...call, functionName: 'committee', args: [BigInt(number)] })
    const announced = (source: keyof typeof HANDOVER_SOURCE) =>
      client.readContract({ ...call, functionName: 'handover', args: [HANDOVER_SOURCE[source]] })
    const epoch = Number(await client.readContract({ ...call, functionName: 'epoch' }))
    const digest = bytesToHex(this.#committee.digest)
    const last = Math.max(FIRST_EPOCH, epoch - EPOCHS_SEARCHED)
    let own: Standing['own'] = null
    for (let number = epoch; number >= last && own === null; number--) {
      const each = await read(number)
      if (each.digest === digest) own = { epoch: number, fromMs: each.activeFromMs }
    }
    const first = await read(FIRST_EPOCH)
    const inOffice = await read(epoch)
    const [committee, owner] = [await announced('committee'), await announced('owner')]
    const announcementOf = (handover: typeof committee) =>
      handover.epoch === epoch + 1 && handover.next.digest === digest ? handover.readyAt : null
    return {
      epoch,
      own,
      inOffice: { digest: inOffice.digest },
      isFirstClock: this.#hasClock(first),
      announced: { committee: announcementOf(committee), owner: announcementOf(owner) },
    }
  }

  /** Encodes updates from now on as the contract wants them of this committee. */
  adopt({ own, epoch, isFirstClock }: Standing): void {
    this.#isInOffice = own?.epoch === epoch
    this.#onChain = { ...this.#onChain, epoch: own?.epoch ?? epoch + 1, isFirstClock }
  }

  #hasClock(first: ContractClock): boolean {
    const { genesisMs, timing } = this.#committee.params
    const { roundMs, includeMs, clockSkewMsMax } = timing
    return (
      first.genesisMs - first.skewMs === genesisMs - clockSkewMsMax &&
      first.roundMs === roundMs &&
      first.includeMs + 2 * first.skewMs === includeMs + 2 * clockSkewMsMax
    )
  }

  errorNameOf(data: Hex): string | null {
    try {
      return decodeErrorResult({ abi: ERRORS, data }).errorName
    } catch {
      return null
    }
  }

  #isLongTail(feed: FeedIndex): boolean {
    return this.#committee.params.feeds[feed]?.tier === 'long-tail'
  }

  async #read(client: PublicClient, blockNumber: bigint, feed: FeedIndex): Promise<FeedOnChain> {
    const call = { address: this.address, abi: priceFeedsAbi, blockNumber } as const
    const args = [BigInt(feed)] as const
    const latest = await client.readContract({ ...call, functionName: 'latest', args })
    const { value, time, round, status } = latest
    if (!this.#isLongTail(feed)) {
      return { feed, value, round, timestampMs: time * 1_000, status }
    }
    if (time === 0) return { feed, value, round: 0, timestampMs: 0, status }
    // The number of its latest value is its time in milliseconds. One that is unavailable has no
    // number: it counts as of the end of its second, so that nothing is sent twice.
    const timestampMs =
      status === FEED_STATUS.ok
        ? timeMsIn(
            (await client.readContract({ ...call, functionName: 'latestRoundData_5d7w', args }))[0],
          )
        : time * 1_000 + 999
    return { feed, value, round: reportRoundAt(this.#committee, timestampMs), timestampMs, status }
  }
}

/** Of a long-tail feed's Chainlink number: its index, then 64 bits of time. */
function timeMsIn(roundId: bigint): number {
  return Number(BigInt.asUintN(64, roundId))
}
