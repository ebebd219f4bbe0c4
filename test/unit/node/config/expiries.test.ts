import { expect, test } from 'vitest'
import { openExpiries } from '../../../../aggregator/delivery/settlement.ts'
import { expiriesFrom } from '../../../../node/config/expiries.ts'

/** Of the expiries of a text, the one that is open at a time. */
function openAt(text: string, time: string): readonly string[] {
  const schedule = expiriesFrom(text)
  if (schedule === null) throw new Error(`${text} is refused`)
  return openExpiries(schedule, Date.parse(time)).map((expiry) =>
    new Date(expiry * 1_000).toISOString(),
  )
}

test.each([
  ['daily 08:00', '2026-11-30T08:05:00Z', ['2026-11-30T08:00:00.000Z']],
  ['daily 00:00', '2026-12-01T00:00:00Z', ['2026-12-01T00:00:00.000Z']],
  ['friday 08:00', '2026-09-25T08:09:59Z', ['2026-09-25T08:00:00.000Z']],
  ['friday 08:00', '2026-09-24T08:05:00Z', []],
  ['wednesday 23:59', '2026-12-03T00:05:00Z', ['2026-12-02T23:59:00.000Z']],
  ['every 3600', '2026-11-30T13:00:01Z', ['2026-11-30T13:00:00.000Z']],
])('%s at %s', (text, time, open) => {
  expect(openAt(text, time)).toEqual(open)
})

test.each(['', 'daily', 'daily 8:00', 'daily 24:00', 'Friday 08:00', 'every 59', 'every 604801'])(
  'refuses %j',
  (text) => {
    expect(expiriesFrom(text)).toBeNull()
  },
)
