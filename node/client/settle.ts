import type { Address } from 'viem'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import { codeOf, OracleError } from '../errors.ts'
import { newestOf, type Price, priceOf } from './settlement-reads.ts'
import { answered, findSettlement, type ReportSource } from './settlement-search.ts'
import { checkTarget, type SubmitTarget, type Submitted, submitReport } from './submit.ts'

/** What is settled, and where. */
export interface SettleOptions extends Omit<SubmitTarget, 'contract'> {
  /** Address of Settlement. */
  readonly contract: Address
  /** An average over time: its name, or its index on the hub. */
  readonly feed: string | FeedIndex
  /** Unix time in seconds. */
  readonly expiry: number
  readonly signal?: AbortSignal
}

/** What stands for an expiry, and what was brought for it. */
export interface Brought extends Price {
  /** Round of the report that was brought; null when an equal or earlier one stood already. */
  readonly round: Round | null
  /**
   * Rounds before it, from the settlement round on, of which the sources had no certificate: if one
   * of them has, and somebody brings it before the window closes, its price counts. 0 when the
   * price is that of the settlement round, or nothing was brought.
   */
  readonly missing: number
  readonly transaction: Pick<Submitted, 'hash'> | null
}

/** The settlement of an expiry after this call. */
export interface Settled extends Brought {
  readonly transaction: Submitted | null
}

/** Nothing is brought. */
export const NOT_BROUGHT = { round: null, missing: 0, transaction: null } as const

/**
 * Settles a feed at an expiry with the earliest certified round that the sources have, of all that
 * the contract takes: those of ten minutes from the settlement round on, and when these are over
 * that round alone. Anyone may call it;
 * whoever does, the price is the same. Sends nothing when the price is final, or stands by an equal
 * or earlier round. Only reports of the committee that was in office at the expiry count, also
 * after a hand-over: of the sources, those of that committee are asked, one after the other, and
 * they alone have to know the feed.
 *
 * @param sources of one committee or several, at least one
 * @throws {OracleError} `SETTLEMENT_UNCERTIFIED` when no source has such a round,
 * `SETTLEMENT_UNACTIVATED`, `SETTLEMENT_OF_OTHER_COMMITTEE`, `CLIENT_OPTION_INVALID`,
 * `FEED_UNKNOWN`; those of reading a report and of `submitReport`
 */
export async function settleExpiry(
  sources: readonly ReportSource[],
  options: SettleOptions,
): Promise<Settled> {
  const { contract, publicClient, expiry } = options
  await answered(contract, checkTarget(options))
  const ask = newestOf(publicClient)
  const { feed, price, toBring } = await findSettlement(sources, options, ask)
  if (toBring === null) return { ...price, ...NOT_BROUGHT }
  const outcome = await submitReport(toBring, options).catch((error: unknown) =>
    isOvertaken(error) ? error : Promise.reject(error),
  )
  const settled = await answered(
    contract,
    ask((at) => priceOf({ contract, feed, expiry }, at)),
  )
  if (!(outcome instanceof OracleError)) {
    const { round, missing } = toBring
    return { ...settled, round, missing, transaction: outcome }
  }
  if (codeOf(outcome) === 'SUBMIT_REVERTED' && !settled.isFinal) throw outcome
  return { ...settled, ...NOT_BROUGHT }
}

/** Whether somebody may have brought this round or an earlier one, before ours or in its block. */
function isOvertaken(error: unknown): error is OracleError {
  if (!(error instanceof OracleError)) return false
  return error.context.reason === 'RoundNotEarlier' || error.code === 'SUBMIT_REVERTED'
}
