import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Address, Hex } from 'viem'
import { BaseError, bytesToHex, decodeErrorResult, type RawContractError } from 'viem'
import type { Certificate } from '../../../aggregator/messages/messages.ts'
import { encodeUpdate } from '../../../aggregator/report/calldata.ts'
import type { FeedReport } from '../../../aggregator/report/feed-report.ts'
import { priceFeedsAbi } from '../../../contracts/abi/price-feeds.ts'
import { settlementAbi } from '../../../contracts/abi/settlement.ts'
import { deploy } from '../../../contracts/deploy/apply.ts'
import type { DeployParameters } from '../../../contracts/deploy/parameters.ts'
import type { PlannedFeed } from '../../../contracts/deploy/plan.ts'
import type { PlannedAdapters } from '../../../contracts/deploy/plan-adapters.ts'
import { type CommitteeBox, committeeInABox } from '../../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../../contracts/testing/hub-parameters.ts'
import { CHAIN_START_MS, sendCalldata, startChain, type TestChain } from './chain.ts'
import { parametersFor } from './parameters.ts'

/** A hub on a chain of its own, with its committee in a box. */
export interface TestHub {
  readonly chain: TestChain
  readonly box: CommitteeBox
  readonly address: Address
  readonly statistics: Address
  readonly adapters: PlannedAdapters | null
  readonly feeds: readonly PlannedFeed[]
  /** Round that opens this long after the chain's start. */
  readonly roundAt: (sinceStartMs: number) => number
  /** A certificate over these feeds, and the calldata that delivers the chosen ones. */
  readonly certify: (
    round: number,
    feeds: readonly FeedReport[],
    chosen?: readonly number[],
  ) => { readonly certificate: Certificate; readonly calldata: Uint8Array }
  /** Delivers calldata in a block at the time that the report says; gives the gas used. */
  readonly deliver: (calldata: Uint8Array, timeMs: number) => Promise<number>
  /** Certifies and delivers in one go, in a block half a second after the round opened. */
  readonly report: (
    round: number,
    feeds: readonly FeedReport[],
    chosen?: readonly number[],
  ) => Promise<number>
}

/** Starts a chain with a hub; the same committee every time, of four members unless said. */
export async function startHub(
  changed: Partial<DeployParameters> & {
    readonly feedCount?: number
    readonly members?: number
    readonly box?: CommitteeBox
  } = {},
): Promise<TestHub> {
  const { members = 4, box = committeeInABox({ members, seed: 'hub' }), ...parameters } = changed
  const chain = await startChain()
  const { deployment } = await deploy(chain, parametersFor(box, parameters))
  const { genesisMs, roundMs } = box.clock
  const openingMs = (round: number) => genesisMs + round * roundMs

  const certify: TestHub['certify'] = (round, feeds, chosen = feeds.map((_, index) => index)) => {
    const certificate = box.certify({ round, feeds })
    const committee = firstCommittee(box)
    return {
      certificate,
      calldata: encodeUpdate(keccak_256, { certificate, feeds: chosen, committee }),
    }
  }
  const deliver: TestHub['deliver'] = async (calldata, timeMs) => {
    await chain.at(timeMs)
    const to = deployment.hub
    return (await sendCalldata(chain, { to, data: bytesToHex(calldata) })).gasUsed
  }
  return {
    chain,
    box,
    address: deployment.hub,
    statistics: deployment.statistics,
    adapters: deployment.adapters,
    feeds: deployment.feeds,
    roundAt: (sinceStartMs) => Math.ceil((CHAIN_START_MS + sinceStartMs - genesisMs) / roundMs),
    certify,
    deliver,
    report: (round, feeds, chosen) =>
      deliver(certify(round, feeds, chosen).calldata, openingMs(round) + 1_000),
  }
}

/** Of the hub and of the settlement beside it. */
const ALL_ERRORS = [...priceFeedsAbi, ...settlementAbi]

/** Reads the latest of a feed from a hub. */
export function latestOf(hub: TestHub, feed: number) {
  return hub.chain.reader.readContract({
    address: hub.address,
    abi: priceFeedsAbi,
    functionName: 'latest',
    args: [BigInt(feed)],
  })
}

/** What a call without a transaction ends in: null, or the name and arguments of the error. */
export async function outcomeOf(
  hub: TestHub,
  data: Hex,
  to: Address = hub.address,
): Promise<{ readonly name: string; readonly args: readonly unknown[] } | null> {
  try {
    await hub.chain.reader.request({ method: 'eth_call', params: [{ to, data }, 'latest'] })
    return null
  } catch (error) {
    return errorOf(error)
  }
}

/** The hub's error in what viem threw; anything else is thrown on. */
export function errorOf(error: unknown): { name: string; args: readonly unknown[] } {
  const raw = error instanceof BaseError ? error.walk((each) => hasData(each)) : error
  const data = raw !== null && hasData(raw) ? raw.data : undefined
  if (typeof data !== 'string') throw error
  const { errorName, args } = decodeErrorResult({ abi: ALL_ERRORS, data: data as Hex })
  return { name: errorName, args: args ?? [] }
}

function hasData(error: unknown): error is RawContractError & { data: string } {
  return error instanceof Error && 'data' in error && typeof error.data === 'string'
}
