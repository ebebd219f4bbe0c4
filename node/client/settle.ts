import { type Address, bytesToHex, encodeFunctionData, type PublicClient } from 'viem'
import type { Round } from '../../aggregator/values/ids.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { OracleError } from '../errors.ts'
import { checkOption, isPositiveInteger } from './options.ts'
import {
  checkTarget,
  type SubmitTarget,
  type Submitted,
  submitError,
  submitReport,
} from './submit.ts'
import type { VerifiedReport } from './verify.ts'

/** What is settled, and where. */
export interface SettleOptions extends Omit<SubmitTarget, 'contract'> {
  /** Address of Settlement. */
  readonly contract: Address
  /** Name of the feed, an average over time. */
  readonly feed: string
  /** Unix time in seconds. */
  readonly expiry: number
  readonly signal?: AbortSignal
}

/** Where reports come from; `ParallaxClient` is one. */
export interface ReportSource {
  readonly round: (
    round: Round,
    feeds: readonly string[],
    options: { readonly signal?: AbortSignal },
  ) => Promise<VerifiedReport>
  readonly bytesOf: (report: VerifiedReport, feeds: readonly string[]) => Uint8Array
}

/** The settlement of an expiry after this call. */
export interface Settled {
  /** In the feed's decimals. */
  readonly value: bigint
  readonly isFinal: boolean
  /** Round of the report that was brought; null when the price was final already. */
  readonly round: Round | null
  readonly transaction: Submitted | null
}

/** Rounds after the settlement round that are looked at: a gateway keeps no long past. */
const ROUNDS_LOOKED_AT = 64

/**
 * Settles a feed at an expiry with the earliest certified round that the source still has, from the
 * settlement round on. Anyone may call it; whoever does, the price is the same. Sends nothing when
 * the price is final, or stands by an equal or earlier round.
 *
 * @throws {OracleError} `SETTLEMENT_UNCERTIFIED` when no such round is there yet,
 * `CLIENT_OPTION_INVALID`; those of reading a report and of `submitReport`
 */
export async function settleExpiry(source: ReportSource, options: SettleOptions): Promise<Settled> {
  const { contract, publicClient, feed, expiry } = options
  checkOption(isPositiveInteger(expiry), 'expiry', 'a Unix time in whole seconds')
  await answered(contract, checkTarget(options))
  const { round: first } = await answered(contract, settlementRound(options))
  const report = await earliest(source, first, options)
  const index = report.feeds[0]?.index ?? 0
  const standing = await answered(contract, priceOf(publicClient, { contract, index, expiry }))
  if (standing.isFinal) return { ...standing, round: null, transaction: null }
  const calldata = encodeFunctionData({
    abi: settlementAbi,
    functionName: 'settle',
    args: [BigInt(index), BigInt(expiry), bytesToHex(source.bytesOf(report, [feed]))],
  })
  const transaction = await submitReport({ round: report.round, calldata }, options).catch(
    (error: unknown) => {
      if (isSettledEarlier(error)) return null
      throw error
    },
  )
  if (transaction === null) return { ...standing, round: null, transaction }
  const settled = await answered(contract, priceOf(publicClient, { contract, index, expiry }))
  return { ...settled, round: report.round, transaction }
}

/** Somebody brought this round or an earlier one: nothing is left to do. */
function isSettledEarlier(error: unknown): boolean {
  return error instanceof OracleError && error.context.reason === 'RoundNotEarlier'
}

/** What the chain says; whatever it fails with, by the codes of submitting. */
async function answered<T>(contract: Address, question: Promise<T>): Promise<T> {
  try {
    return await question
  } catch (cause) {
    throw submitError(cause, { contract })
  }
}

async function settlementRound({ contract, publicClient, expiry }: SettleOptions) {
  const [round, epoch] = await publicClient.readContract({
    address: contract,
    abi: settlementAbi,
    functionName: 'settlementRound',
    args: [BigInt(expiry)],
  })
  return { round: Number(round), epoch: Number(epoch) }
}

async function priceOf(
  reader: PublicClient,
  asked: { readonly contract: Address; readonly index: number; readonly expiry: number },
): Promise<{ readonly value: bigint; readonly isFinal: boolean }> {
  const [value, isFinal] = await reader.readContract({
    address: asked.contract,
    abi: settlementAbi,
    functionName: 'settlementPrice',
    args: [BigInt(asked.index), BigInt(asked.expiry)],
  })
  return { value, isFinal }
}

/** A gateway that refuses for any other reason, such as too many requests, may hold it. */
function isNotHeld(error: unknown): boolean {
  return error instanceof OracleError && error.context.code === 'CERTIFICATE_NONE'
}

/** The first round with a usable value of the feed; a round without one settles nothing. */
async function earliest(
  source: ReportSource,
  first: Round,
  { feed, expiry, signal }: SettleOptions,
): Promise<VerifiedReport> {
  for (let round = first; round < first + ROUNDS_LOOKED_AT; round++) {
    const report = await source
      .round(round, [feed], { ...(signal !== undefined && { signal }) })
      .catch((error: unknown) => {
        // Not certified, not yet, or no longer kept: the next one may be.
        if (isNotHeld(error)) return null
        throw error
      })
    if (report !== null && report.feeds[0]?.value !== null) return report
  }
  throw new OracleError(
    'SETTLEMENT_UNCERTIFIED',
    'the gateway has no certificate that settles this expiry; ask again, or another one',
    { context: { feed, expiry, round: first } },
  )
}
