import type { DurationMs } from '../../../aggregator/values/time.ts'
import { isoTimeAt, listAt, rateAt } from '../fields.ts'
import type { Json } from '../json.ts'
import { isObject } from '../json.ts'
import { inUsdt, type PerpetualVenue } from '../perpetual-venue.ts'
import { BITMEX_LIMITS } from '../shared-limits.ts'
import { refusedBy } from '../tickers.ts'

const NAME = 'bitmex-perpetuals'

/**
 * BitMEX's perpetuals in USDT. `fundingRate` is of the running interval, for which it was fixed at
 * its beginning; `indicativeFundingRate` is of the one after.
 */
export const bitmexPerpetuals: PerpetualVenue = {
  name: NAME,
  baseUrl: 'https://www.bitmex.com',
  pollMs: 10_000,
  // Documented: 30 a minute for one address without a key.
  budget: { weightMax: 20, perMs: 60_000 },
  sharedLimits: BITMEX_LIMITS,
  symbolOf: (market) => inUsdt(market).replace(/^BTC/, 'XBT'),
  path: '/api/v1/instrument/active?columns=symbol,fundingRate,fundingInterval,timestamp',
  weight: 1,
  parse(answer) {
    if (isObject(answer)) throw refusedBy(NAME, messageOf(answer.get('error')))
    return {
      rows: listAt(answer, 'answer'),
      key: 'symbol',
      read: (row) => ({
        rate: rateAt(row.get('fundingRate'), 'fundingRate'),
        intervalMs: sinceCentury(row.get('fundingInterval')),
        venueMs: isoTimeAt(row.get('timestamp'), 'timestamp'),
      }),
    }
  },
}

function messageOf(error: Json | undefined): Json | undefined {
  return isObject(error) ? error.get('message') : error
}

/** Lengths of time are written as moments after the beginning of the year 2000. */
function sinceCentury(value: Json | undefined): DurationMs | null {
  if (typeof value !== 'string') return null
  if (!/^2000-01-0[12]T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(value)) return null
  const lengthMs = Date.parse(value) - Date.UTC(2000, 0, 1)
  return Number.isNaN(lengthMs) ? null : lengthMs
}
