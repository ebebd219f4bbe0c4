import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Account, Address, Hex } from 'viem'
import { bytesToHex, createPublicClient, createWalletClient, custom } from 'viem'
import { encodeReport, encodeUpdate } from '../../aggregator/report/calldata.ts'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { type Deployment, deploy } from '../deploy/apply.ts'
import { type Chain, send } from '../deploy/chain.ts'
import type { DeployParameters, FeedParameters } from '../deploy/parameters.ts'
import { type CommitteeBox, committeeInABox, ok, UNAVAILABLE } from './committee-box.ts'
import { firstCommittee, hubParametersOf } from './hub-parameters.ts'

/** What every library for a chain in development offers (EIP-1193). */
export interface Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>
}

export interface TestHubOptions {
  /** Of a chain in development: Hardhat's, anvil's; its first account pays. */
  readonly provider: Provider
  readonly feeds: readonly FeedParameters[]
  /** Size of the committee, 4 to 31; default 4. */
  readonly members?: number
  /** The same seed makes the same keys, and so the same addresses. */
  readonly seed?: string
  /** Anything else of the deployment: owner, sequencer, option markets. */
  readonly parameters?: Partial<DeployParameters>
}

/** The value of a feed in its decimals, or all that a report says of it, or null: unavailable. */
export type TestValue = bigint | FeedReport | null

/** Values by name of the feed; a feed that is left out is not delivered. */
export type TestValues = Readonly<Record<string, TestValue>>

/** A report that the committee signed, in the forms that contracts take. */
export interface SignedReport {
  readonly round: number
  /** When it was observed: the opening of its round. */
  readonly timeMs: number
  /** The argument of pull, `PullReader` and `Settlement.settle`. */
  readonly report: Hex
  /** The transaction to the hub that delivers it. */
  readonly calldata: Hex
}

/**
 * A hub on a chain in development, with a committee that signs whatever a test wants: what readers
 * see is what the real network would have brought them, signatures and all.
 */
export class TestHub {
  readonly box: CommitteeBox
  readonly deployment: Deployment
  readonly #chain: Chain

  private constructor(box: CommitteeBox, chain: Chain, deployment: Deployment) {
    this.box = box
    this.deployment = deployment
    this.#chain = chain
  }

  /**
   * Deploys the hub with a facade a feed, Settlement and FeedDirectory. Again on the same chain
   * with the same options it finds what stands.
   *
   * @throws {DeployError} `DEPLOY_REVERTED` for feeds that no hub takes
   */
  static async deploy(options: TestHubOptions): Promise<TestHub> {
    const { provider, feeds, members = 4, seed = 'test hub', parameters } = options
    const box = committeeInABox({ members, seed })
    const chain = await chainOf(provider)
    const asked = hubParametersOf(box, { feeds, ...parameters })
    const { deployment } = await deploy(chain, asked)
    return new TestHub(box, chain, deployment)
  }

  get address(): Address {
    return this.deployment.hub
  }

  get settlement(): Address {
    return this.deployment.settlement
  }

  /** Address of FeedDirectory. */
  get directory(): Address {
    return this.deployment.directory
  }

  /** @throws {RangeError} for a feed that the hub does not have */
  feed(name: string): { readonly index: number; readonly facade: Address } {
    const found = this.deployment.feeds.find((feed) => feed.name === name)
    if (found !== undefined) return found
    const known = this.deployment.feeds.map((feed) => feed.name).join(', ')
    throw new RangeError(`the hub has no feed ${name}; it has ${known}`)
  }

  /**
   * Signs values as observed when the round opened that was last at a time.
   *
   * @throws {RangeError} for a feed that the hub does not have, or a value beyond its range
   */
  sign(values: TestValues, timeMs: number): SignedReport {
    const { genesisMs, roundMs } = this.box.clock
    const round = Math.floor((timeMs - genesisMs) / roundMs)
    const named = Object.entries(values).map(
      ([name, value]) => [this.feed(name).index, value] as const,
    )
    const chosen = new Map(named.toSorted(([one], [other]) => one - other))
    const feeds = this.deployment.feeds.map(({ index }) => reportOf(chosen.get(index) ?? null))
    const certificate = this.box.certify({ round, feeds })
    const update = { certificate, feeds: [...chosen.keys()], committee: firstCommittee(this.box) }
    return {
      round,
      timeMs: genesisMs + round * roundMs,
      report: bytesToHex(encodeReport(keccak_256, update)),
      calldata: bytesToHex(encodeUpdate(keccak_256, update)),
    }
  }

  /**
   * Signs values as observed at a time and delivers them in a block of that time. The clock of the
   * chain moves there, and never back.
   *
   * @param timeMs whole seconds; when left out, a second after the last block
   * @throws {DeployError} `DEPLOY_REVERTED`, and what the provider throws for a refused transaction
   */
  async report(values: TestValues, timeMs?: number): Promise<SignedReport> {
    const nextMs = timeMs ?? (await this.timeMs()) + 1_000
    const signed = this.sign(values, nextMs)
    await this.at(nextMs)
    await send(this.#chain, { to: this.address, data: signed.calldata })
    return signed
  }

  /** Time of the last block. */
  async timeMs(): Promise<number> {
    return Number((await this.#chain.reader.getBlock()).timestamp) * 1_000
  }

  /** Sets the time of the next block: later than that of the last, in whole seconds. */
  async at(timeMs: number): Promise<void> {
    await this.#chain.reader.transport.request({
      method: 'evm_setNextBlockTimestamp',
      params: [Math.floor(timeMs / 1_000)],
    })
  }

  /** Makes a block some seconds after the last: everything ages. */
  async pass(seconds: number): Promise<void> {
    await this.at((await this.timeMs()) + seconds * 1_000)
    await this.#chain.reader.transport.request({ method: 'evm_mine', params: [] })
  }
}

function reportOf(value: TestValue): FeedReport {
  if (value === null) return UNAVAILABLE
  return typeof value === 'bigint' ? ok(value) : value
}

async function chainOf(provider: Provider): Promise<Chain> {
  const transport = custom({ request: (call) => provider.request(call) })
  const reader = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 })
  const writer = createWalletClient({ transport })
  const [payer] = await writer.getAddresses()
  if (payer === undefined) throw new RangeError('the chain in development has no account')
  const account = { address: payer, type: 'json-rpc' } as Account
  return { chainId: await reader.getChainId(), reader, writer, account }
}
