import { bytesToHex, type Hex } from 'viem'
import type { z } from 'zod'
import type { Context } from '../../aggregator/context.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { isCertificateSound } from '../../aggregator/messages/validate.ts'
import {
  type CommitteeOnChain,
  encodeUpdate,
  UPDATE_FEEDS_MAX,
} from '../../aggregator/report/calldata.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { fromHex } from '../../aggregator/values/bytes.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import { onChainAt } from '../gateway/calldata.ts'
import { type CertificateAnswer, certificateSchema, pageSchema } from '../gateway/schema.ts'
import { checkOption } from './options.ts'

/** What the committee says about one feed, read from its signed word. */
export interface VerifiedFeed {
  readonly index: FeedIndex
  readonly name: string
  /** In the feed's decimals; null when the committee could form none. */
  readonly value: bigint | null
  /** Median absolute deviation of the observations, in the feed's decimals. */
  readonly spread: bigint
  readonly decimals: number
  /** Members whose observation held a value. */
  readonly observers: number
}

/** A report whose signature was checked here, with the calldata that delivers it. */
export interface VerifiedReport {
  readonly round: Round
  /** Median of the observation times. */
  readonly timestampMs: UnixMs
  /** The feeds that were asked for, in the committee's order. */
  readonly feeds: readonly VerifiedFeed[]
  /** Number of the committee on contracts, as the gateway says. */
  readonly epoch: number
  /** For PriceFeeds: selector, signature, words and proofs; made here. */
  readonly calldata: Hex
  readonly certificate: Certificate
}

export interface Wanted {
  /** 1 to 255 names of the committee's feeds. */
  readonly feeds: readonly string[]
  /** Exactly this round; any when left out. */
  readonly round?: Round
  /** Oldest report that is taken, by `nowMs`; any when left out. */
  readonly ageMsMax?: number
}

export interface Verifier {
  readonly context: Context
  /** The committee as the target contract knows it; null: with the number the gateway says. */
  readonly onChain: CommitteeOnChain | null
  readonly nowMs: () => UnixMs
}

/** How far a report may lie after the client's clock before the clock or the committee is wrong. */
const AHEAD_MS_MAX = 10_000

/**
 * Checks an answer of a gateway that nobody trusts. Values are read from the signed words and the
 * calldata is made here; what the gateway wrote beside them must agree, or the answer is refused.
 *
 * @throws {OracleError} `GATEWAY_ANSWER_INVALID`, `CERTIFICATE_FORGED`, `GATEWAY_CONTRADICTS`,
 * `REPORT_NOT_ASKED_FOR`, `REPORT_TOO_OLD`, `REPORT_FROM_FUTURE`,
 * `REPORT_UNDELIVERABLE`, `FEED_UNKNOWN`, `FEEDS_TOO_MANY`
 */
export function verifyAnswer(verifier: Verifier, answer: unknown, wanted: Wanted): VerifiedReport {
  const { context } = verifier
  const feeds = indicesOf(context, wanted.feeds)
  const said = parse(certificateSchema, answer)
  const certificate = certificateFrom(context, said)
  checkTime(verifier, certificate, wanted)
  const { epoch } = said
  const implied = onChainAt(context, epoch)
  const update = { certificate, feeds }
  const report: VerifiedReport = {
    round: certificate.round,
    timestampMs: certificate.timestampMs,
    feeds: feeds.map((feed) => readingOf(context, certificate, feed)),
    epoch,
    calldata: calldataOf(context, { ...update, committee: verifier.onChain ?? implied }),
    certificate,
  }
  checkAgreement(said, report)
  if (said.calldata !== calldataOf(context, { ...update, committee: implied })) {
    throw contradiction(['calldata'])
  }
  return report
}

/** What a source says of the rounds of a range, as far as it can be checked. */
export interface Kept {
  /** Those that it has a certificate of, ascending; of others it may have one and not say so. */
  readonly rounds: readonly {
    readonly round: Round
    /** Whether the committee could form a value of the feed. */
    readonly hasValue: boolean
  }[]
  /** Where the next page begins; null when nothing of the range is left. */
  readonly next: Round | null
}

/**
 * Checks a page of certificates of a gateway that nobody trusts.
 *
 * @throws {OracleError} `GATEWAY_ANSWER_INVALID`, `CERTIFICATE_FORGED`, `GATEWAY_CONTRADICTS`,
 * `REPORT_NOT_ASKED_FOR`, `FEED_UNKNOWN`
 */
export function verifyPage(
  { context }: Pick<Verifier, 'context'>,
  answer: unknown,
  { feed, from, to }: { readonly feed: string; readonly from: Round; readonly to: Round },
): Kept {
  const { certificates, next } = parse(pageSchema, answer)
  const [index] = indicesOf(context, [feed]) as [FeedIndex]
  let last = from - 1
  const rounds = certificates.map((said) => {
    const certificate = certificateFrom(context, said)
    const { round } = certificate
    if (round <= last || round > to) {
      throw new OracleError('REPORT_NOT_ASKED_FOR', `round ${round} is not in order, or too many`, {
        context: { from, to, got: round },
      })
    }
    last = round
    return { round, hasValue: readingOf(context, certificate, index).value !== null }
  })
  // A page that leads nowhere, or back, would be asked for without end.
  if (next !== null && (next <= Math.max(last, from) || next > to)) throw contradiction(['next'])
  return { rounds, next }
}

/**
 * Indices of feeds by name, ascending and each once.
 *
 * @throws {OracleError} `FEED_UNKNOWN`, `FEEDS_TOO_MANY`, `CLIENT_OPTION_INVALID`
 */
export function indicesOf(context: Context, names: readonly string[]): readonly FeedIndex[] {
  checkOption(Array.isArray(names), 'feeds', 'a list of names, such as ["BTC/USD"]')
  const { feeds } = context.committee.params
  const indices = names.map((name) => {
    const index = feeds.findIndex((feed) => feed.name === name)
    if (index !== -1) return index
    throw new OracleError('FEED_UNKNOWN', `the committee has no feed ${name}; see its file`, {
      context: { feed: name },
    })
  })
  const sorted = [...new Set(indices)].toSorted((a, b) => a - b)
  if (sorted.length > 0 && sorted.length <= UPDATE_FEEDS_MAX) return sorted
  throw new OracleError('FEEDS_TOO_MANY', `ask for 1 to ${UPDATE_FEEDS_MAX} feeds at once`, {
    context: { feeds: sorted.length },
  })
}

function parse<T>(schema: z.ZodType<T>, answer: unknown): T {
  const outcome = schema.safeParse(answer)
  if (outcome.success) return outcome.data
  const issue = outcome.error.issues[0]
  const where = issue?.path.join('.') ?? ''
  throw new OracleError(
    'GATEWAY_ANSWER_INVALID',
    'the gateway answered with something else than a certificate; use another gateway',
    { context: { path: where, problem: issue?.message ?? '' } },
  )
}

function certificateFrom(
  context: Context,
  { certificate: text }: Pick<CertificateAnswer, 'certificate'>,
): Certificate {
  const certificate = decode(context.committee, fromHex(text))
  if (certificate?.type === 'certificate' && isCertificateSound(context, certificate)) {
    return certificate
  }
  throw new OracleError(
    'CERTIFICATE_FORGED',
    'the committee did not sign what the gateway answered with; use another gateway, and check ' +
      'that the committee file is the newest',
  )
}

function checkTime({ nowMs }: Verifier, { round, timestampMs }: Certificate, wanted: Wanted): void {
  if (wanted.round !== undefined && wanted.round !== round) {
    throw new OracleError('REPORT_NOT_ASKED_FOR', `asked for round ${wanted.round}, got ${round}`, {
      context: { asked: wanted.round, got: round },
    })
  }
  const ageMs = nowMs() - timestampMs
  const context = { round, ageMs }
  if (ageMs < -AHEAD_MS_MAX) {
    const message = "the report lies in the future of this machine's clock; correct the clock"
    throw new OracleError('REPORT_FROM_FUTURE', message, { context })
  }
  if (wanted.ageMsMax === undefined || ageMs <= wanted.ageMsMax) return
  throw new OracleError(
    'REPORT_TOO_OLD',
    `the newest report of this gateway is ${ageMs} ms old; ask another gateway`,
    { context },
  )
}

function readingOf(context: Context, certificate: Certificate, index: FeedIndex): VerifiedFeed {
  const feed = context.committee.params.feeds[index]
  const word = certificate.words[index]
  const report = word === undefined ? null : decodeWord(word)
  // A sound certificate of this committee has a word for each of its feeds.
  if (feed === undefined || report === null) throw new RangeError('a feed of the committee')
  const { name, decimals } = feed
  const value = report.status === FEED_STATUS.ok ? report.value : null
  return { index, name, value, spread: report.spread, decimals, observers: report.observers }
}

function calldataOf(
  { crypto }: Context,
  update: {
    readonly certificate: Certificate
    readonly feeds: readonly FeedIndex[]
    readonly committee: CommitteeOnChain
  },
): Hex {
  try {
    return bytesToHex(encodeUpdate(crypto.keccak256, update))
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new OracleError(
      'REPORT_UNDELIVERABLE',
      'the report lies outside its round by the clock that the contract knows; check onChain',
      { context: { round: update.certificate.round }, cause },
    )
  }
}

/** A gateway that is honest about the certificate may still write other numbers beside it. */
function checkAgreement(said: CertificateAnswer, report: VerifiedReport): void {
  const lies: string[] = []
  if (said.round !== report.round) lies.push('round')
  if (said.timestampMs !== report.timestampMs) lies.push('timestampMs')
  if (said.feeds.length !== report.feeds.length) lies.push('feeds')
  report.feeds.forEach(({ index, value, decimals }, position) => {
    const feed = said.feeds[position]
    const text = value === null ? null : formatDecimal(value, decimals)
    if (feed?.index !== index || feed.value !== text) lies.push(`feeds[${position}]`)
  })
  if (lies.length > 0) throw contradiction(lies)
}

function contradiction(lies: readonly string[]): OracleError {
  return new OracleError(
    'GATEWAY_CONTRADICTS',
    `the gateway contradicts the certificate it sent (${lies[0]}); use another gateway`,
    { context: { fields: lies.join(', ') } },
  )
}
