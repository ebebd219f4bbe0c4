import { expect, test } from 'vitest'
import { expiriesBefore } from '../../../../node/cli/rotation-facts.ts'
import { expiriesFrom } from '../../../../node/config/expiries.ts'

const CONTRACT = '0x00000000000000000000000000000000000000aa'

/** One chain that settles by these schedules, and a market besides. */
function before(activeFrom: string, ...schedules: readonly string[]): readonly string[] {
  const settlements = schedules.map((text) => {
    const expiries = expiriesFrom(text)
    if (expiries === null) throw new Error(`${text} is no schedule`)
    return { contract: CONTRACT, feed: 'BTC/USD.twap', expiries } as const
  })
  const chain = { name: 'base', settlements: [...settlements, { market: CONTRACT } as const] }
  return expiriesBefore([chain], Date.parse(activeFrom))
}

test.each([
  ['ten minutes after it', '2027-01-04T08:10:00Z', ['2027-01-04T08:00:00.000Z']],
  ['a moment after it', '2027-01-04T08:00:00.001Z', ['2027-01-04T08:00:00.000Z']],
  ['at it: the next committee settles it', '2027-01-04T08:00:00Z', []],
  ['later', '2027-01-04T08:10:00.001Z', []],
])('a switch %s', (_, activeFrom, expiries) => {
  const named = expiries.map((at) => `BTC/USD.twap on base at ${at}`)
  expect(before(activeFrom, 'daily 08:00', 'daily 09:00')).toEqual(named)
})
