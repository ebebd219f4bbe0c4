import { type Address, bytesToHex, encodeFunctionData, type Hex } from 'viem'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { OracleError } from '../errors.ts'
import { checkOption, isPositiveInteger } from './options.ts'
import {
  type AskChain,
  isClosed,
  isUnactivated,
  type Price,
  priceOf,
  type Term,
  termOf,
} from './settlement-reads.ts'
import { submitError } from './submit.ts'
import type { Kept, VerifiedReport } from './verify.ts'

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
  /** Which rounds of a range it has; null when it answers for one round at a time only. */
  readonly kept: (
    range: { readonly from: Round; readonly to: Round },
    feed: string,
    options: { readonly signal?: AbortSignal },
  ) => Promise<Kept | null>
  /** @param epoch number of the committee on the contract */
  readonly bytesOf: (report: VerifiedReport, feeds: readonly string[], epoch: number) => Uint8Array
}

/** What is to be settled. */
export interface Settling {
  /** Address of Settlement. */
  readonly contract: Address
  /** An average over time: its name, or its index on the hub. */
  readonly feed: string | FeedIndex
  /** Unix time in seconds. */
  readonly expiry: number
  readonly signal?: AbortSignal
}

/** What settles an expiry as of now. */
export interface SettlementFound {
  readonly feed: FeedIndex
  /** What stands; when it is final there is nothing to bring. */
  readonly price: Price
  readonly toBring: {
    readonly round: Round
    /** Rounds before it of which the sources have no certificate. */
    readonly missing: number
    /** For Settlement. */
    readonly calldata: Hex
  } | null
}

/** Rounds that a source is asked for which answers for one at a time. */
const ROUNDS_ASKED_MAX = 64
/** What all the answers of one source may take, so that none keeps a search from the others. */
const SOURCE_MS_MAX = 20_000

/**
 * Finds the earliest round that settles an expiry, among all that the contract takes and the
 * sources have: those of ten minutes while these last, and then the first alone. That a round has
 * no certificate cannot be shown: `missing` counts those of which nobody asked has one.
 *
 * @param sources of one committee or several, at least one
 * @throws {OracleError} as `settleExpiry`, but for those of submitting
 */
export async function findSettlement(
  sources: readonly ReportSource[],
  settling: Settling,
  askChain: AskChain,
): Promise<SettlementFound> {
  const { contract, expiry } = settling
  checkOption(isPositiveInteger(expiry), 'expiry', 'a Unix time in whole seconds')
  const ask: AskChain = (question) => answered(contract, askChain(question))
  const term = await ask((at) => termOf({ contract, expiry }, at)).catch(async (error: unknown) => {
    // The hub may have forgotten its committee; of what is final nothing more is needed.
    const feed = feedIn(sources, settling.feed)
    const price = await ask((at) => priceOf({ contract, feed, expiry }, at))
    if (price.isFinal) return { feed, price }
    throw error
  })
  if ('price' in term) return { ...term, toBring: null }
  const own = sources.filter(({ committeeDigest }) => committeeDigest === term.digest)
  // Without one of that committee a price that is final can be told all the same.
  const feed = feedIn(own.length > 0 ? own : sources, settling.feed)
  const price = await ask((at) => priceOf({ contract, feed, expiry }, at))
  if (price.isFinal) return { feed, price, toBring: null }
  const search = { ...settling, feed, ask }
  if (own.length === 0) throw await withoutSource(term, search)
  const isOver = await ask((at) => isClosed(expiry, at))
  const taken = isOver ? { ...term, last: term.first } : term
  const { source, report, missing } = await earliest(own, taken, search)
  const bytes = source.bytesOf(report, [nameOf(source, feed)], term.epoch)
  const calldata = encodeFunctionData({
    abi: settlementAbi,
    functionName: 'settle',
    args: [BigInt(feed), BigInt(expiry), bytesToHex(bytes)],
  })
  return { feed, price, toBring: { round: report.round, missing, calldata } }
}

/** What the chain says; whatever it fails with, by the codes of submitting. */
export async function answered<T>(contract: Address, question: Promise<T>): Promise<T> {
  try {
    return await question
  } catch (cause) {
    throw submitError(cause, { contract })
  }
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

interface Found {
  readonly source: ReportSource
  readonly report: VerifiedReport
  readonly missing: number
}

type Search = Omit<Settling, 'feed'> & { readonly feed: FeedIndex; readonly ask: AskChain }

/** The earliest report of all sources; one that fails or lies does not keep the others from it. */
async function earliest(
  sources: readonly ReportSource[],
  term: Term,
  search: Search,
): Promise<Found> {
  let best: Found | null = null
  let fault: unknown = null
  for (const source of sources) {
    const tooLong = AbortSignal.timeout(SOURCE_MS_MAX)
    const { signal } = search
    const ends = signal === undefined ? tooLong : AbortSignal.any([tooLong, signal])
    const last: Round = best === null ? term.last : best.report.round - 1
    try {
      const range = { from: term.first, to: last }
      best = (await earliestOf(source, range, { ...search, signal: ends })) ?? best
      if (best?.report.round === term.first) break
    } catch (error) {
      if (signal?.aborted === true) throw error
      fault ??= tooLong.aborted ? tooSlow(error) : error
    }
  }
  if (best !== null) return best
  if (fault !== null) throw fault
  await checkActivated(term, search)
  const { first: round, last } = term
  throw new OracleError(
    'SETTLEMENT_UNCERTIFIED',
    'no gateway that was asked has a certificate that settles this expiry; ask again, or others',
    { context: { feed: search.feed, expiry: search.expiry, round, last } },
  )
}

/**
 * The first round with a usable value of the feed; a round without one settles nothing. Usually
 * that is the first, for one question; of the others the source says at once which it has.
 */
async function earliestOf(
  source: ReportSource,
  { from, to }: { readonly from: Round; readonly to: Round },
  search: Search,
): Promise<Found | null> {
  const held: HeldRound[] = []
  const found = (report: VerifiedReport): Found => ({
    source,
    report,
    missing: report.round - from - held.filter(({ round }) => round < report.round).length,
  })
  for await (const each of roundsOf(source, { from, to }, search)) {
    const report = each.hasValue ? await reportOf(source, each.round, search) : null
    const isHeld = report !== null || !each.hasValue
    if (isHeld) held.push(each)
    if (report !== null && report.feeds[0]?.value !== null) return found(report)
  }
  return null
}

type HeldRound = Kept['rounds'][number]

/** Rounds that may have a value, ascending: the first, then those that the source says it has. */
async function* roundsOf(
  source: ReportSource,
  { from, to }: { readonly from: Round; readonly to: Round },
  { feed, signal }: Search,
): AsyncGenerator<HeldRound> {
  if (from > to) return
  yield { round: from, hasValue: true }
  const options = { ...(signal !== undefined && { signal }) }
  let next: Round | null = from + 1
  while (next !== null && next <= to) {
    const page = await source.kept({ from: next, to }, nameOf(source, feed), options)
    if (page === null) break
    yield* page.rounds
    next = page.next
  }
  if (next === null) return
  const last = Math.min(to, from + ROUNDS_ASKED_MAX - 1, source.currentRound)
  for (; next <= last; next++) yield { round: next, hasValue: true }
}

/** Null when the source does not have it: not certified, not yet, or no longer kept. */
async function reportOf(
  source: ReportSource,
  round: Round,
  { feed, signal }: Search,
): Promise<VerifiedReport | null> {
  const options = { ...(signal !== undefined && { signal }) }
  try {
    return await source.round(round, [nameOf(source, feed)], options)
  } catch (error) {
    // Whoever refuses for any other reason, such as too many requests, may have it.
    if (error instanceof OracleError && error.context.code === 'CERTIFICATE_NONE') return null
    throw error
  }
}

function tooSlow(cause: unknown): OracleError {
  return new OracleError(
    'GATEWAY_UNREACHABLE',
    `a gateway takes longer than ${SOURCE_MS_MAX} ms for its rounds; use another gateway`,
    { cause },
  )
}

/** @throws {OracleError} `SETTLEMENT_UNACTIVATED` */
async function checkActivated(term: Term, { expiry, ask }: Search): Promise<void> {
  if (!(await ask((at) => isUnactivated(expiry, term, at)))) return
  throw new OracleError(
    'SETTLEMENT_UNACTIVATED',
    'the committee of this expiry is announced, but not in office on the contract; ' +
      'anybody may call activate on the hub, and then settle',
    { context: { expiry, hub: term.hub } },
  )
}
