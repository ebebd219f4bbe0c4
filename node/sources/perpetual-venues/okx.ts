import { listAt, objectAt, rateAt, textAt, timeAt } from '../fields.ts'
import { inUsdt, type PerpetualVenue } from '../perpetual-venue.ts'
import { refusedBy } from '../tickers.ts'

const NAME = 'okx-perpetuals'

/**
 * OKX's perpetuals in USDT. `fundingTime` ends the running interval and `nextFundingTime` the one
 * after it, so that one interval lies between them.
 */
export const okxPerpetuals: PerpetualVenue = {
  name: NAME,
  baseUrl: 'https://www.okx.com',
  pollMs: 10_000,
  // Documented: 10 in two seconds for one address.
  budget: { weightMax: 8, perMs: 10_000 },
  symbolOf: (market) => `${inUsdt(market).replace(/USDT$/, '-USDT')}-SWAP`,
  path: '/api/v5/public/funding-rate?instId=ANY',
  weight: 1,
  parse(answer) {
    const body = objectAt(answer, 'answer')
    // HTTP 200 with another code is a failure.
    if (textAt(body.get('code'), 'code') !== '0') throw refusedBy(NAME, body.get('code'))
    return {
      rows: listAt(body.get('data'), 'data'),
      key: 'instId',
      read: (row) => {
        const [endMs, nextMs] = ['fundingTime', 'nextFundingTime'].map((where) =>
          timeAt(row.get(where), { where, unit: 'ms' }),
        )
        return {
          rate: rateAt(row.get('fundingRate'), 'fundingRate'),
          intervalMs: endMs == null || nextMs == null ? null : nextMs - endMs,
          venueMs: timeAt(row.get('ts'), { where: 'ts', unit: 'ms' }),
        }
      },
    }
  },
}
