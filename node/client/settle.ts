import { type Address, bytesToHex, encodeFunctionData, type Hex } from 'viem'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { codeOf, OracleError } from '../errors.ts'
import { checkOption, isPositiveInteger } from './options.ts'
import { isUnactivated, type Price, priceOf, type Term, termOf } from './settlement-reads.ts'
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
  /** An average over time: its name, or its index on the hub. */
  readonly feed: string | FeedIndex
  /** Unix time in seconds. */
  readonly expiry: number
  readonly signal?: AbortSignal
}

/** Where reports come from; `ParallaxClient` is one. */
export interface ReportSource {
  /** Digest of the committee whose reports these are. */
  readonly committeeDigest: Hex
  /** Names of its feeds, by index. */
  readonly feedNames: readonly string[]
  /** The round that is open now. */
  readonly currentRound: Round
  readonly round: (
    round: Round,
    feeds: readonly string[],
    options: { readonly signal?: AbortSignal },
  ) => Promise<VerifiedReport>
  /** @param epoch number of the committee on the contract */
  readonly bytesOf: (report: VerifiedReport, feeds: readonly string[], epoch: number) => Uint8Array
}

/** The settlement of an expiry after this call. */
export interface Settled extends Price {
  /** Round of the report that was brought; null when an equal or earlier one stood already. */
  readonly round: Round | null
  readonly transaction: Submitted | null
}

/** Rounds after the settlement round that are looked at: a gateway keeps no long past. */
const ROUNDS_LOOKED_AT = 64

/**
 * Settles a feed at an expiry with the earliest certified round that the sources still have, from
 * the settlement round on. Anyone may call it; whoever does, the price is the same. Sends nothing
 * when the price is final, or stands by an equal or earlier round. Only reports of the committee
 * that was in office at the expiry count, also after a hand-over: of the sources, those of that
 * committee are asked, one after the other, and they alone have to know the feed.
 *
 * @param sources of one committee or several, at least one
 * @throws {OracleError} `SETTLEMENT_UNCERTIFIED` when no such round is there yet,
 * `SETTLEMENT_UNACTIVATED`, `SETTLEMENT_OF_OTHER_COMMITTEE`, `CLIENT_OPTION_INVALID`,
 * `FEED_UNKNOWN`; those of reading a report and of `submitReport`
 */
export async function settleExpiry(
  sources: readonly ReportSource[],
  options: SettleOptions,
): Promise<Settled> {
  const { contract, publicClient: reader, expiry } = options
  checkOption(isPositiveInteger(expiry), 'expiry', 'a Unix time in whole seconds')
  await answered(contract, checkTarget(options))
  const term = await answered(contract, termOf({ reader, contract, expiry }))
  const own = sources.filter(({ committeeDigest }) => committeeDigest === term.digest)
  // Without one of that committee a price that is final can be told all the same.
  const feed = feedIn(own.length > 0 ? own : sources, options.feed)
  const asked = { reader, contract, feed, expiry }
  const standing = await answered(contract, priceOf(asked))
  if (standing.isFinal) return { ...standing, round: null, transaction: null }
  const search = { ...options, feed }
  if (own.length === 0) throw await withoutSource(term, search)
  const { source, report } = await earliest(own, term, search)
  const bytes = source.bytesOf(report, [nameOf(source, feed)], term.epoch)
  const calldata = encodeFunctionData({
    abi: settlementAbi,
    functionName: 'settle',
    args: [BigInt(feed), BigInt(expiry), bytesToHex(bytes)],
  })
  const outcome = await submitReport({ round: report.round, calldata }, options).catch(
    (error: unknown) => (isOvertaken(error) ? error : Promise.reject(error)),
  )
  const settled = await answered(contract, priceOf(asked))
  if (!(outcome instanceof OracleError)) {
    return { ...settled, round: report.round, transaction: outcome }
  }
  if (codeOf(outcome) === 'SUBMIT_REVERTED' && !settled.isFinal) throw outcome
  return { ...settled, round: null, transaction: null }
}

/** The index that each of these sources gives a feed. */
function feedIn(sources: readonly ReportSource[], feed: string | FeedIndex): FeedIndex {
  const indices = sources.map(({ feedNames }) =>
    typeof feed === 'number' ? feed : feedNames.indexOf(feed),
  )
  const [index = -1] = indices
  const isKnown = sources.every(({ feedNames }) => feedNames[index] !== undefined)
  if (isKnown && indices.every((other) => other === index)) return index
  throw new OracleError(
    'FEED_UNKNOWN',
    `the committee of this expiry has no feed ${feed}, or its sources differ; see its file`,
    { context: { feed } },
  )
}

function nameOf({ feedNames }: ReportSource, feed: FeedIndex): string {
  return feedNames[feed] ?? String(feed)
}

/** @throws {OracleError} `SETTLEMENT_UNACTIVATED` in place of what it returns */
async function withoutSource(term: Term, search: Search): Promise<OracleError> {
  const { epoch, digest } = term
  await checkActivated(term, search)
  return new OracleError(
    'SETTLEMENT_OF_OTHER_COMMITTEE',
    `committee ${epoch} of the contract was in office at this expiry; ` +
      'take its committee file, and a gateway that follows it',
    { context: { expiry: search.expiry, epoch, committeeDigest: digest } },
  )
}

/** Whether somebody may have brought this round or an earlier one, before ours or in its block. */
function isOvertaken(error: unknown): error is OracleError {
  if (!(error instanceof OracleError)) return false
  return error.context.reason === 'RoundNotEarlier' || error.code === 'SUBMIT_REVERTED'
}

/** What the chain says; whatever it fails with, by the codes of submitting. */
async function answered<T>(contract: Address, question: Promise<T>): Promise<T> {
  try {
    return await question
  } catch (cause) {
    throw submitError(cause, { contract })
  }
}

/** A gateway that refuses for any other reason, such as too many requests, may hold it. */
function isNotHeld(error: unknown): boolean {
  return error instanceof OracleError && error.context.code === 'CERTIFICATE_NONE'
}

interface Found {
  readonly source: ReportSource
  readonly report: VerifiedReport
}

type Search = Omit<SettleOptions, 'feed'> & { readonly feed: FeedIndex }

/** The earliest report of all sources; one that fails or lies does not keep the others from it. */
async function earliest(
  sources: readonly ReportSource[],
  term: Term,
  search: Search,
): Promise<Found> {
  let best: Found | null = null
  let fault: unknown = null
  for (const source of sources) {
    try {
      const report = await earliestOf(source, { first: term.first, before: best }, search)
      if (report !== null) best = { source, report }
      if (report?.round === term.first) break
    } catch (error) {
      if (search.signal?.aborted === true) throw error
      fault ??= error
    }
  }
  if (best !== null) return best
  if (fault !== null) throw fault
  await checkActivated(term, search)
  throw new OracleError(
    'SETTLEMENT_UNCERTIFIED',
    'the gateway has no certificate that settles this expiry; ask again, or another one',
    { context: { feed: search.feed, expiry: search.expiry, round: term.first } },
  )
}

/** The first round with a usable value of the feed; a round without one settles nothing. */
async function earliestOf(
  source: ReportSource,
  { first, before }: { readonly first: Round; readonly before: Found | null },
  { feed, signal }: Search,
): Promise<VerifiedReport | null> {
  const end = before?.report.round ?? first + ROUNDS_LOOKED_AT
  const feeds = [nameOf(source, feed)]
  for (let round = first; round < end && round <= source.currentRound; round++) {
    const report = await source
      .round(round, feeds, { ...(signal !== undefined && { signal }) })
      .catch((error: unknown) => {
        // Not certified, not yet, or no longer kept: the next one may be.
        if (isNotHeld(error)) return null
        throw error
      })
    if (report !== null && report.feeds[0]?.value !== null) return report
  }
  return null
}

/** @throws {OracleError} `SETTLEMENT_UNACTIVATED` */
async function checkActivated(term: Term, search: Search): Promise<void> {
  const { contract, publicClient: reader, expiry } = search
  if (!(await answered(contract, isUnactivated({ reader, expiry }, term)))) return
  throw new OracleError(
    'SETTLEMENT_UNACTIVATED',
    'the committee of this expiry is announced, but not in office on the contract; ' +
      'anybody may call activate on the hub, and then settle',
    { context: { expiry, hub: term.hub } },
  )
}
