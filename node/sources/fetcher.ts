import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { request } from 'undici'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { readBounded } from '../bounded-http.ts'
import type { ErrorContext } from '../errors.ts'
import { OracleError } from '../errors.ts'
import { requestFailure } from './failures.ts'
import type { LimitStatus } from './venue.ts'

export interface FetchOptions {
  readonly url: URL
  /** `POST` sends no body. */
  readonly method?: 'GET' | 'POST'
  /** From now until the last byte of the body. */
  readonly timeoutMs: DurationMs
  readonly bodyBytesMax: number
  readonly signal: AbortSignal
  /** What else than 429 and 418 is a limit at this venue. */
  readonly limitStatus?: LimitStatus | undefined
}

export interface FetchDependencies {
  readonly dispatcher: Dispatcher
  readonly clock: { readonly nowMs: () => UnixMs }
}

export interface Fetched {
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

const JSON_TYPE = /^(?:application|text)\/(?:[\w.-]+\+)?json\b/i
/** Longest wait that a venue may ask for: Binance bans for up to three days. */
const RETRY_AFTER_MS_MAX = 3 * 86_400_000
/** What a host says that is away, or whoever answers in its place. */
const ABSENCES: ReadonlySet<number> = new Set([502, 503, 504])
/**
 * Longest absence that is believed: asking again does no harm, as it does beyond a limit, and what
 * stands before a host errs more often than for longer.
 */
const ABSENCE_MS_MAX = 3_600_000

/**
 * Asks for one JSON text: no redirect is followed, no content encoding taken, and the body is
 * counted while it arrives. Nothing of what came is left open, whatever went wrong.
 *
 * @throws {OracleError} one of the SOURCE_ codes of docs/errors.md
 */
export async function fetchJsonText(
  options: FetchOptions,
  { dispatcher, clock }: FetchDependencies,
): Promise<Fetched> {
  const { url, timeoutMs, bodyBytesMax } = options
  const controller = new AbortController()
  const stop = () => controller.abort()
  let isLate = false
  let hasHeaders = false
  const timer = setTimeout(() => {
    isLate = true
    stop()
  }, timeoutMs)
  options.signal.addEventListener('abort', stop, { once: true })
  try {
    options.signal.throwIfAborted()
    const response = await request(url, {
      dispatcher,
      method: options.method ?? 'GET',
      signal: controller.signal,
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    })
    hasHeaders = true
    // A body that is dropped reports its own end; nobody is left to hear it.
    response.body.on('error', () => undefined)
    try {
      checkHead(response, { ...options, nowMs: clock.nowMs() })
      const text = await readText(response.body, { url, bodyBytesMax })
      return { text, headers: response.headers }
    } finally {
      response.body.destroy()
    }
  } catch (cause) {
    throw requestFailure(cause, { host: url.host, timeoutMs, hasHeaders, isLate })
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', stop)
  }
}

/**
 * How long a venue wants to be left alone: `Retry-After` in seconds or as a date, at most three
 * days; null when it does not say.
 */
export function retryAfterMs(
  header: string | readonly string[] | undefined,
  nowMs: number,
): DurationMs | null {
  if (typeof header !== 'string') return null
  const isSeconds = /^\d{1,9}$/.test(header)
  const waitMs = isSeconds ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isFinite(waitMs) && waitMs > 0 ? Math.min(waitMs, RETRY_AFTER_MS_MAX) : null
}

/** What an answer means that has another status than the one that was hoped for. */
export function statusFailure(
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
  { url, nowMs, limitStatus }: Pick<HeadScene, 'url' | 'nowMs' | 'limitStatus'>,
): OracleError {
  const isShutOut = status === limitStatus?.status
  if (status >= 300 && status < 400) {
    const what = 'redirects elsewhere, which is never followed; set that address if you trust it'
    return failed({ code: 'SOURCE_REDIRECTED', url, what, context: { status } })
  }
  if (!isShutOut && (status === 403 || status === 451)) {
    const what =
      'does not serve this region or address; name another of its hosts in baseUrls, or disable it'
    return failed({ code: 'SOURCE_REGION_BLOCKED', url, what, context: { status } })
  }
  if (isShutOut || status === 429 || status === 418) {
    const askedMs = retryAfterMs(headers['retry-after'], nowMs)
    const waitMs = askedMs ?? (isShutOut ? limitStatus.pauseMs : null)
    const what = 'limits our requests; raise pollMs if it goes on'
    const context = { status, retryAfterMs: waitMs }
    return failed({ code: 'SOURCE_RATE_LIMITED', url, what, context })
  }
  const askedMs = ABSENCES.has(status) ? retryAfterMs(headers['retry-after'], nowMs) : null
  const absence = askedMs === null ? {} : { retryAfterMs: Math.min(askedMs, ABSENCE_MS_MAX) }
  const what = `answered with status ${status}; check its base URL and symbols if it stays`
  return failed({ code: 'SOURCE_STATUS_UNEXPECTED', url, what, context: { status, ...absence } })
}

type Response = Dispatcher.ResponseData

interface HeadScene extends Pick<FetchOptions, 'url' | 'bodyBytesMax' | 'limitStatus'> {
  readonly nowMs: UnixMs
}

function checkHead(response: Response, scene: HeadScene): void {
  const { url, bodyBytesMax } = scene
  checkStatus(response, scene)
  const { headers } = response
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    const what = 'sent a compressed answer that was not asked for'
    throw failed({ code: 'SOURCE_BODY_ENCODED', url, what })
  }
  const type = headers['content-type']
  if (typeof type !== 'string' || !JSON_TYPE.test(type)) {
    const what = 'sent no JSON but perhaps a page for people; open its base URL in a browser'
    throw failed({ code: 'SOURCE_TYPE_UNEXPECTED', url, what })
  }
  const length = headers['content-length']
  if (typeof length === 'string' && Number(length) > bodyBytesMax) throw tooLarge(url, bodyBytesMax)
}

function checkStatus(response: Response, scene: HeadScene): void {
  const { statusCode: status, headers } = response
  if (status !== 200) throw statusFailure({ status, headers }, scene)
}

async function readText(
  body: Response['body'],
  { url, bodyBytesMax }: { readonly url: URL; readonly bodyBytesMax: number },
): Promise<string> {
  const bytes = await readBounded(body, bodyBytesMax)
  if (bytes === null) throw tooLarge(url, bodyBytesMax)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new OracleError('SOURCE_JSON_INVALID', `${url.host} sent bytes that are no UTF-8`, {
      context: { host: url.host },
      cause,
    })
  }
}

function tooLarge(url: URL, bodyBytesMax: number): OracleError {
  const what = `sent more than ${bodyBytesMax} bytes; raise bodyBytesMax if that is right`
  return failed({ code: 'SOURCE_BODY_TOO_LARGE', url, what, context: { bodyBytesMax } })
}

interface Failure {
  readonly code:
    | 'SOURCE_BODY_ENCODED'
    | 'SOURCE_BODY_TOO_LARGE'
    | 'SOURCE_RATE_LIMITED'
    | 'SOURCE_REDIRECTED'
    | 'SOURCE_REGION_BLOCKED'
    | 'SOURCE_STATUS_UNEXPECTED'
    | 'SOURCE_TYPE_UNEXPECTED'
  readonly url: URL
  /** Follows the name of the host. */
  readonly what: string
  readonly context?: ErrorContext
}

function failed({ code, url, what, context = {} }: Failure): OracleError {
  return new OracleError(code, `${url.host} ${what}`, { context: { host: url.host, ...context } })
}
