import { listAt, objectAt, rateAt, textAt, timeAt } from '../fields.ts'
import type { Json } from '../json.ts'
import { isObject } from '../json.ts'
import { hoursAt, inUsdt, type PerpetualVenue } from '../perpetual-venue.ts'
import { BINANCE_LINEAR_LIMITS } from '../shared-limits.ts'
import { refusedBy } from '../tickers.ts'

const NAME = 'binance-perpetuals'

/**
 * Binance's perpetuals in USDT. `lastFundingRate` is, in spite of its name, the estimate for the
 * running interval; how long that is stands in another answer.
 */
export const binancePerpetuals: PerpetualVenue = {
  name: NAME,
  baseUrl: 'https://fapi.binance.com',
  pollMs: 10_000,
  // A tenth of the documented 2,400 a minute for one address.
  budget: { weightMax: 240, perMs: 60_000 },
  sharedLimits: BINANCE_LINEAR_LIMITS,
  usedWeightHeader: { name: 'x-mbx-used-weight-1m', weightMax: 1_920 },
  symbolOf: inUsdt,
  path: '/fapi/v1/premiumIndex',
  weight: 10,
  parse: (answer) => ({
    rows: rowsOf(answer),
    key: 'symbol',
    read: (row) => ({
      rate: rateAt(row.get('lastFundingRate'), 'lastFundingRate'),
      intervalMs: null,
      venueMs: timeAt(row.get('time'), { where: 'time', unit: 'ms' }),
    }),
  }),
  intervals: {
    path: '/fapi/v1/fundingInfo',
    weight: 1,
    parse: (answer) =>
      new Map(
        rowsOf(answer).flatMap((each) => {
          const row = objectAt(each, 'a row')
          const intervalMs = hoursAt(row.get('fundingIntervalHours'))
          return intervalMs === null ? [] : [[textAt(row.get('symbol'), 'symbol'), intervalMs]]
        }),
      ),
  },
}

function rowsOf(answer: Json): readonly Json[] {
  if (isObject(answer)) throw refusedBy(NAME, answer.get('msg'))
  return listAt(answer, 'answer')
}
