import type { Address, Hex, PublicClient } from 'viem'
import { decodeErrorResult, encodeFunctionData } from 'viem'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import { optionMarketAbi } from '../../contracts/abi/option-market.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { OracleError } from '../errors.ts'
import type { Call } from './calls.ts'
import { isAnswerOfChain, revertDataOf } from './endpoint.ts'

/** One expiry of one feed on one Settlement. */
export interface Settling {
  /** Address of Settlement. */
  readonly contract: Address
  readonly feed: FeedIndex
  /** Unix time. */
  readonly expirySeconds: number
}

/** What a Settlement says of an expiry. */
export interface SettlementStanding {
  /**
   * Number of the committee that was in office at the expiry: 0 when there was none yet, null when
   * it cannot be heard any more, after two hand-overs.
   */
  readonly epoch: number | null
  /** In the feed's decimals; 0 before anybody brought one. */
  readonly value: bigint
  readonly isFinal: boolean
}

/** Brings a report to Settlement; anyone may send it. */
export function settleCall({ contract, feed, expirySeconds }: Settling, report: Hex): Call {
  const args = [BigInt(feed), BigInt(expirySeconds), report] as const
  const data = encodeFunctionData({ abi: settlementAbi, functionName: 'settle', args })
  return { to: contract, data, purpose: 'settlement' }
}

export async function readSettlement(
  client: PublicClient,
  blockNumber: bigint,
  { contract, feed, expirySeconds }: Settling,
): Promise<SettlementStanding> {
  const call = { address: contract, abi: settlementAbi, blockNumber } as const
  const expiry = BigInt(expirySeconds)
  const [epoch, [value, isFinal]] = await Promise.all([
    client
      .readContract({ ...call, functionName: 'settlementRound', args: [expiry] })
      .then(([, number]) => Number(number), goneEpoch),
    client.readContract({ ...call, functionName: 'settlementPrice', args: [BigInt(feed), expiry] }),
  ])
  return { epoch, value, isFinal }
}

/** What `CommitteeGone` means for an expiry; anything else is thrown. */
function goneEpoch(error: unknown): 0 | null {
  const data = revertDataOf(error)
  const args = data === null ? null : goneArgs(data)
  if (args === null) throw error
  return args[0] === 0n ? 0 : null
}

function goneArgs(data: Hex): readonly [bigint] | null {
  try {
    const decoded = decodeErrorResult({ abi: settlementAbi, data })
    return decoded.errorName === 'CommitteeGone' ? decoded.args : null
  } catch {
    return null
  }
}

/**
 * Checks that a Settlement hears the hub that this node delivers to.
 *
 * @throws {OracleError} CONTRACT_SETTLEMENT_DIFFERS; errors of the client when it cannot be asked
 */
export async function checkSettlement(
  client: PublicClient,
  blockNumber: bigint,
  { contract, hub }: { readonly contract: Address; readonly hub: Address },
): Promise<void> {
  const onChain = await hubOf(client, blockNumber, contract).catch((error: unknown) => {
    // No contract, or another one: every endpoint would say so.
    if (isAnswerOfChain(error)) return null
    throw error
  })
  if (onChain?.toLowerCase() === hub.toLowerCase()) return
  throw new OracleError(
    'CONTRACT_SETTLEMENT_DIFFERS',
    `${contract} is no Settlement of the hub ${hub}; correct chains[].settlements`,
    { context: { contract, hub, onChain } },
  )
}

/** The hub of a Settlement; other contracts have one too, and no price of an expiry. */
async function hubOf(
  client: PublicClient,
  blockNumber: bigint,
  contract: Address,
): Promise<Address> {
  const call = { address: contract, abi: settlementAbi, blockNumber } as const
  await client.readContract({ ...call, functionName: 'settlementPrice', args: [0n, 0n] })
  return client.readContract({ ...call, functionName: 'HUB' })
}

/**
 * Where an option market takes its settlement prices from: fixed at its deployment.
 *
 * @throws {OracleError} CONTRACT_MARKET_MISSING; errors of the client when it cannot be asked
 */
export async function readMarketTerms(
  client: PublicClient,
  blockNumber: bigint,
  market: Address,
): Promise<Omit<Settling, 'expirySeconds'>> {
  const call = { address: market, abi: optionMarketAbi, blockNumber } as const
  const [settlement, feed] = await Promise.all([
    client.readContract({ ...call, functionName: 'SETTLEMENT' }),
    client.readContract({ ...call, functionName: 'SETTLEMENT_FEED' }),
  ]).catch((cause: unknown) => {
    if (!isAnswerOfChain(cause)) throw cause
    throw new OracleError(
      'CONTRACT_MARKET_MISSING',
      `there is no option market at ${market}; correct the address, or the chain`,
      { context: { market }, cause },
    )
  })
  return { contract: settlement, feed: Number(feed) }
}

/** Offers of an option market after a number, at most sixteen. */
export interface OffersRead {
  /** Number of the newest offer. */
  readonly count: number
  /** Of the offers that were read and are not redeemed, in Unix seconds. */
  readonly expiries: readonly number[]
}

/** Calls at once to one endpoint, as for feeds. */
export const OFFERS_AT_ONCE = 16
/** A series is expiry × 2^72 + strike × 2^8 + side. */
const EXPIRY_SHIFT = 72n

export async function readOffers(
  client: PublicClient,
  blockNumber: bigint,
  { market, after }: { readonly market: Address; readonly after: number },
): Promise<OffersRead> {
  const call = { address: market, abi: optionMarketAbi, blockNumber } as const
  const count = Number(await client.readContract({ ...call, functionName: 'offerCount' }))
  const length = Math.max(0, Math.min(OFFERS_AT_ONCE, count - after))
  const offers = await Promise.all(
    Array.from({ length }, (_, offset) => {
      const args = [BigInt(after + offset + 1)] as const
      return client.readContract({ ...call, functionName: 'offer', args })
    }),
  )
  const expiries = offers.flatMap(({ series }) => {
    const expiry = Number(series >> EXPIRY_SHIFT)
    return expiry === 0 ? [] : [expiry]
  })
  return { count, expiries }
}
