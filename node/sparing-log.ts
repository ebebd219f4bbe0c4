import type { UnixMs } from '../aggregator/values/time.ts'
import { RateLimit } from './http/rate-limit.ts'
import type { Log, LogFields } from './logging.ts'

/** Lines of one event with one code, in a minute. */
const LINES_PER_MINUTE_MAX = 16
/** Events and codes that are counted apart; there are fewer of ours. */
const KINDS_MAX = 256

/**
 * A log for events that another process can cause as often as it likes: each kind is said a few
 * times a minute, and then how often it was not. A disk that is full of lines holds no promises.
 */
export function sparingLog(log: Log, nowMs: () => UnixMs): Log {
  const limits = { requestsPerMinuteMax: LINES_PER_MINUTE_MAX, addressesMax: KINDS_MAX }
  const said = new RateLimit(limits)
  const unsaid = new Map<string, number>()
  const writer =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void => {
      const kind = `${event} ${String(fields.code ?? '')}`
      const left = unsaid.get(kind) ?? 0
      if (!said.take(kind, nowMs())) {
        if (left > 0 || unsaid.size < KINDS_MAX) unsaid.set(kind, left + 1)
        return
      }
      unsaid.delete(kind)
      log[level](event, left === 0 ? fields : { ...fields, unsaid: left })
    }
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    child: (fields) => sparingLog(log.child(fields), nowMs),
  }
}
