import { linearTickers } from '../bybit-linear.ts'
import { rateAt } from '../fields.ts'
import { hoursAt, inUsdt, type PerpetualVenue } from '../perpetual-venue.ts'
import { BYBIT_LIMITS, BYBIT_SHUT_OUT } from '../shared-limits.ts'

const NAME = 'bybit-perpetuals'

/** Bybit's perpetuals in USDT, in one answer with its futures in USDT and USDC. */
export const bybitPerpetuals: PerpetualVenue = {
  name: NAME,
  baseUrl: 'https://api.bybit.com',
  alternateUrls: ['https://api.bytick.com'],
  pollMs: 10_000,
  // Documented: 600 in five seconds for one address; all tickers are a large answer.
  budget: { weightMax: 4, perMs: 10_000 },
  sharedLimits: BYBIT_LIMITS,
  limitStatus: BYBIT_SHUT_OUT,
  symbolOf: inUsdt,
  path: '/v5/market/tickers?category=linear',
  weight: 1,
  parse(answer) {
    const { rows, venueMs } = linearTickers(NAME, answer)
    return {
      rows,
      key: 'symbol',
      read: (row) => ({
        rate: rateAt(row.get('fundingRate'), 'fundingRate'),
        intervalMs: hoursAt(row.get('fundingIntervalHour')),
        venueMs,
      }),
    }
  },
}
