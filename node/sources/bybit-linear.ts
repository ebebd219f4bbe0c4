import type { UnixMs } from '../../aggregator/values/time.ts'
import { listAt, objectAt, timeAt } from './fields.ts'
import type { Json } from './json.ts'
import { isNumber } from './json.ts'
import { refusedBy } from './tickers.ts'

/**
 * The rows of Bybit's answer about everything that is linear, and the one time of all of them.
 *
 * @throws {OracleError} SOURCE_REFUSED, SOURCE_ANSWER_UNEXPECTED, SOURCE_TIME_INVALID
 */
export function linearTickers(
  venue: string,
  answer: Json,
): { readonly rows: readonly Json[]; readonly venueMs: UnixMs | null } {
  const body = objectAt(answer, 'answer')
  const code = body.get('retCode')
  // HTTP 200 with another code is a failure.
  if (!isNumber(code) || code.numberText !== '0') throw refusedBy(venue, body.get('retMsg'))
  return {
    rows: listAt(objectAt(body.get('result'), 'result').get('list'), 'result.list'),
    venueMs: timeAt(body.get('time'), { where: 'time', unit: 'ms' }),
  }
}
