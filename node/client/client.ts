import { bytesToHex, type Hex } from 'viem'
import { committeeOf, roundAt } from '../../aggregator/committee/committee.ts'
import { contextOf } from '../../aggregator/context.ts'
import { type CommitteeOnChain, encodeReport } from '../../aggregator/report/calldata.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { type CommitteeFile, readCommittee } from '../config/committee-file.ts'
import { ConfigError } from '../config/config-error.ts'
import { OracleError } from '../errors.ts'
import { onChainAt } from '../gateway/calldata.ts'
import { javascriptCrypto } from '../keys/ecdsa.ts'
import { eventData } from './events.ts'
import { HttpClient } from './http.ts'
import { checkOption, isHttpAddress, isPositiveInteger } from './options.ts'
import { type Settled, type SettleOptions, settleExpiry } from './settle.ts'
import type { ReportSource } from './settlement-search.ts'
import { type SubmitTarget, type Submitted, submitReport } from './submit.ts'
import {
  indicesOf,
  type Kept,
  type VerifiedReport,
  type Verifier,
  verifyAnswer,
  verifyPage,
} from './verify.ts'

/** Codes of everything that the client throws, besides those of reading a committee file. */
export const CLIENT_ERROR_CODES = [
  'CERTIFICATE_FORGED',
  'CLIENT_OPTION_INVALID',
  'FEEDS_TOO_MANY',
  'FEED_UNKNOWN',
  'GATEWAY_ANSWER_INVALID',
  'GATEWAY_CONTRADICTS',
  'GATEWAY_REFUSED',
  'GATEWAY_UNREACHABLE',
  'REPORT_FROM_FUTURE',
  'REPORT_NOT_ASKED_FOR',
  'REPORT_TOO_OLD',
  'REPORT_UNDELIVERABLE',
  'SETTLEMENT_OF_OTHER_COMMITTEE',
  'SETTLEMENT_UNACTIVATED',
  'SETTLEMENT_UNCERTIFIED',
  'SUBMIT_CHAIN_WRONG',
  'SUBMIT_CONTRACT_MISSING',
  'SUBMIT_FAILED',
  'SUBMIT_REFUSED',
  'SUBMIT_REVERTED',
] as const
export type ClientErrorCode = (typeof CLIENT_ERROR_CODES)[number]

/** Whether something thrown is one of the client's own errors; its `code` then is narrowed. */
export function isClientError(
  error: unknown,
): error is OracleError & { readonly code: ClientErrorCode } {
  const codes: readonly string[] = CLIENT_ERROR_CODES
  return error instanceof OracleError && codes.includes(error.code)
}

export interface ClientOptions {
  /** Address of a gateway or node, such as `https://prices.example`. */
  readonly url: string
  /** The committee whose signature is believed, as `committeeFrom` reads it. */
  readonly committee: CommitteeFile
  /** How long one answer may take, from the question to its last byte; default 5_000. */
  readonly timeoutMs?: number
  /**
   * The committee as the target contract knows it; default: with the number that the gateway says,
   * which a contract would refuse if it were wrong.
   */
  readonly onChain?: CommitteeOnChain
  /** Unix time in milliseconds; default: this machine's clock. */
  readonly nowMs?: () => number
}

export interface ReadOptions {
  /** Oldest report that is taken, in milliseconds, from 1 on. */
  readonly ageMsMax: number
  readonly signal?: AbortSignal
}

/** Certificates of a page: one usually does, and each has its signature checked. */
const PAGE_CERTIFICATES = 8

/** The longest that a timer can wait; a longer one would end at once. */
const TIMER_MS_MAX = 2_147_483_647

/** Reads certificates from a gateway that it does not trust, and delivers them. Needs no key. */
export class ParallaxClient {
  readonly #url: string
  readonly #http: HttpClient
  readonly #verifier: Verifier
  readonly #timeoutMs: number

  /** @throws {OracleError} `CLIENT_OPTION_INVALID` */
  constructor(options: ClientOptions) {
    const { url, committee, timeoutMs = 5_000, nowMs = () => Date.now() } = options
    checkOption(
      isHttpAddress(url),
      'url',
      'the address of a gateway, such as https://prices.example',
    )
    checkOption(isPositiveInteger(timeoutMs), 'timeoutMs', 'whole milliseconds, from 1 on')
    checkOption(
      committee?.params !== undefined,
      'committee',
      'a committee as committeeFrom reads it from its file',
    )
    const { keccak256 } = javascriptCrypto
    const context = contextOf(javascriptCrypto, committeeOf(keccak256, committee))
    this.#timeoutMs = timeoutMs
    this.#url = url.replace(/\/+$/, '')
    this.#http = new HttpClient({ timeoutMs })
    this.#verifier = { context, nowMs, onChain: options.onChain ?? null }
  }

  /**
   * The newest report over these feeds, verified.
   *
   * @throws {OracleError} any of `CLIENT_ERROR_CODES` but those of submitting
   */
  async latest(feeds: readonly string[], options: ReadOptions): Promise<VerifiedReport> {
    const { ageMsMax, signal } = checkedRead(options)
    const url = this.#address('/v1/certificates/latest', feeds)
    const answer = await this.#http.json(url, signal)
    return verifyAnswer(this.#verifier, answer, { feeds, ageMsMax })
  }

  /** The report of one round, verified, while the gateway keeps it. Throws as `latest` does. */
  async round(
    round: Round,
    feeds: readonly string[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<VerifiedReport> {
    const url = this.#address(`/v1/certificates/${round}`, feeds)
    const answer = await this.#http.json(url, options.signal)
    return verifyAnswer(this.#verifier, answer, { feeds, round })
  }

  /**
   * Which rounds of a range the gateway keeps certificates of, verified, and whether they have a
   * value of the feed: a page of them.
   *
   * @returns null when it answers for one round at a time only
   * @throws {OracleError} as `latest`
   */
  async kept(
    { from, to }: { readonly from: Round; readonly to: Round },
    feed: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Kept | null> {
    const url = `${this.#url}/v1/certificates?from=${from}&to=${to}&limit=${PAGE_CERTIFICATES}`
    const answer = await this.#http.json(url, options.signal).catch((error: unknown) => {
      if (error instanceof OracleError && error.context.status === 404) return null
      throw error
    })
    return answer === null ? null : verifyPage(this.#verifier, answer, { feed, from, to })
  }

  /**
   * Each newest report over these feeds, verified, rounds ascending. Ends when the gateway ends the
   * stream; throws as `latest` does, or the reason of the signal. A gateway that holds the stream
   * open and brings nothing newer ends it too: with `REPORT_TOO_OLD`, `ageMsMax` and `timeoutMs`
   * together after the report before.
   */
  async *follow(feeds: readonly string[], options: ReadOptions): AsyncGenerator<VerifiedReport> {
    const { ageMsMax, signal } = checkedRead(options)
    const url = this.#address('/v1/stream', feeds)
    const silence = new AbortController()
    const ends = AbortSignal.any([silence.signal, ...(signal === undefined ? [] : [signal])])
    const silentMs = Math.min(ageMsMax + this.#timeoutMs, TIMER_MS_MAX)
    const listen = () => setTimeout(() => silence.abort(nothingNewer(url, silentMs)), silentMs)
    let last = 0
    let timer = listen()
    try {
      for await (const data of eventData(this.#http.chunks(url, ends))) {
        const report = verifyAnswer(this.#verifier, parsed(data), { feeds, ageMsMax })
        if (report.round <= last) continue
        last = report.round
        clearTimeout(timer)
        yield report
        timer = listen()
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** See `submitReport`. */
  submit(report: VerifiedReport, target: SubmitTarget): Promise<Submitted> {
    return submitReport(report, target)
  }

  /**
   * See `settleExpiry`.
   *
   * @param others further clients: of other gateways, and of the committee before or after this one
   */
  settle(options: SettleOptions, others: readonly ReportSource[] = []): Promise<Settled> {
    return settleExpiry([this, ...others], options)
  }

  /** Digest of the committee whose reports these are. */
  get committeeDigest(): Hex {
    return bytesToHex(this.#verifier.context.committee.digest)
  }

  /** Names of the committee's feeds, by index. */
  get feedNames(): readonly string[] {
    return this.#verifier.context.committee.params.feeds.map(({ name }) => name)
  }

  /** Decimals of the values of the committee's feeds, by index. */
  get feedDecimals(): readonly number[] {
    return this.#verifier.context.committee.params.feeds.map(({ decimals }) => decimals)
  }

  /** The round that is open now. */
  get currentRound(): Round {
    const { context, nowMs } = this.#verifier
    return roundAt(context.committee, nowMs())
  }

  /**
   * Feeds of a verified report as `pull` and `Settlement.settle` take them.
   *
   * @param epoch number of the committee on the contract; left out: by `onChain`, or as the gateway
   * says
   */
  bytesOf(report: VerifiedReport, feeds: readonly string[], epoch?: number): Uint8Array {
    const { context, onChain } = this.#verifier
    const known = epoch === undefined ? onChain : null
    const committee = known ?? onChainAt(context, epoch ?? report.epoch)
    const chosen = { feeds: indicesOf(context, feeds), committee }
    return encodeReport(context.crypto.keccak256, { certificate: report.certificate, ...chosen })
  }

  /** Ends what is being read from the gateway, and this client. */
  close(): Promise<void> {
    return this.#http.close()
  }

  /** Feeds go by their number: a name may hold any character that an address may not. */
  #address(path: string, feeds: readonly string[]): string {
    const indices = indicesOf(this.#verifier.context, feeds)
    return `${this.#url}${path}?feeds=${indices.join(',')}`
  }
}

/**
 * The committee of a committee file: of its text, JSON as `parallax dkg` writes it, or of what that
 * was parsed into, as bundlers import it. Every rule of protocol §1, §3 and §11.1 is checked.
 *
 * @throws {OracleError} CONFIG_INVALID with every problem
 */
export function committeeFrom(source: unknown): CommitteeFile {
  const read = readCommittee(typeof source === 'string' ? parsedFile(source) : source)
  if (read.type === 'refused') throw new ConfigError(COMMITTEE_FILE, read.problems)
  return read.committee
}

/** What is refused has no path here. */
const COMMITTEE_FILE = 'the committee file'

function parsedFile(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const message = 'is no JSON; take the file as its members have it'
    throw new ConfigError(COMMITTEE_FILE, [{ path: '', message }])
  }
}

/** An age that was left out would be no limit at all. */
function checkedRead(options: ReadOptions | undefined): ReadOptions {
  const isRight = isPositiveInteger(options?.ageMsMax)
  checkOption(isRight, 'ageMsMax', 'the oldest age that you take, in whole milliseconds from 1 on')
  return options as ReadOptions
}

function nothingNewer(url: string, silentMs: number): OracleError {
  const message = `nothing newer came from this gateway for ${silentMs} ms; ask another gateway`
  return new OracleError('REPORT_TOO_OLD', message, { context: { url, silentMs } })
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw new OracleError('GATEWAY_ANSWER_INVALID', 'an event of the gateway is no JSON')
  }
}
