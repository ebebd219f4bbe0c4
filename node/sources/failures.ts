import type { DurationMs } from '../../aggregator/values/time.ts'
import { isTimeoutCode, isTlsCode } from '../bounded-http.ts'
import { codeOf, OracleError } from '../errors.ts'

export interface RequestScene {
  readonly host: string
  readonly timeoutMs: DurationMs
  /** Whether the answer had begun. */
  readonly hasHeaders: boolean
  /** Whether the time for the whole request was over. */
  readonly isLate: boolean
}

/** A venue that limits us without saying for how long. */
const LIMITED_PAUSE_MS = 10_000
/** A block by region does not end within a poll, and asking on can make it longer. */
const BLOCKED_PAUSE_MS = 60_000

/** Gives a failed request its code; errors that have one of ours keep it. */
export function requestFailure(cause: unknown, scene: RequestScene): OracleError {
  if (cause instanceof OracleError) return cause
  const { host, timeoutMs, hasHeaders, isLate } = scene
  const code = codeOf(cause)
  const context = { host, cause: code }
  if (isLate || isTimeoutCode(code)) {
    const message = `${host} did not answer within ${timeoutMs} ms; raise timeoutMs or disable it`
    return new OracleError('SOURCE_TIMEOUT', message, { context: { ...context, timeoutMs }, cause })
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const message = `${host} sent more than bodyBytesMax; raise it if that is right`
    return new OracleError('SOURCE_BODY_TOO_LARGE', message, { context, cause })
  }
  if (isTlsCode(code)) {
    const message = `${host} showed a certificate that is not valid for it; nothing it says is used`
    return new OracleError('SOURCE_TLS_INVALID', message, { context, cause })
  }
  if (hasHeaders) {
    const message = `${host} broke off in the middle of its answer`
    return new OracleError('SOURCE_BODY_TRUNCATED', message, { context, cause })
  }
  const message = `${host} cannot be reached; check the network, the name and the base URL`
  return new OracleError('SOURCE_UNREACHABLE', message, { context, cause })
}

/** How long a host said that it is away; 0 when it did not say. */
export function absenceAskedFor({ code, context }: OracleError): DurationMs {
  const { retryAfterMs } = context
  return code === 'SOURCE_STATUS_UNEXPECTED' && typeof retryAfterMs === 'number' ? retryAfterMs : 0
}

/** How long the venue should be left alone because of this answer alone. */
export function pauseAskedFor({ code, context }: OracleError): DurationMs {
  if (code === 'SOURCE_REGION_BLOCKED') return BLOCKED_PAUSE_MS
  if (code !== 'SOURCE_RATE_LIMITED') return 0
  const { retryAfterMs } = context
  return typeof retryAfterMs === 'number' ? retryAfterMs : LIMITED_PAUSE_MS
}
