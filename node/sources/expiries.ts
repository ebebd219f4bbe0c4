import type { UnixMs } from '../../aggregator/values/time.ts'

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN'].concat([
  'JUL',
  'AUG',
  'SEP',
  'OCT',
  'NOV',
  'DEC',
])
/** Options and futures of all venues expire at 08:00 UTC. */
const EXPIRY_HOUR = 8

/** The expiry in a name, from `27MAR26` or `260327`; null when that is no day. */
export function expiryFrom(text: string): UnixMs | null {
  const named = /^(\d{1,2})([A-Z]{3})(\d{2})$/.exec(text)
  if (named !== null) {
    const [, day, month = '', year] = named
    return expiryOf({ year: Number(year), month: MONTHS.indexOf(month), day: Number(day) })
  }
  const [, year, month, day] = /^(\d{2})(\d{2})(\d{2})$/.exec(text) ?? []
  if (year === undefined) return null
  return expiryOf({ year: Number(year), month: Number(month) - 1, day: Number(day) })
}

function expiryOf(date: { year: number; month: number; day: number }): UnixMs | null {
  const { year, month, day } = date
  if (month < 0) return null
  const expiryMs = Date.UTC(2_000 + year, month, day, EXPIRY_HOUR)
  // The 31st of February would come out as a day of March.
  return new Date(expiryMs).getUTCDate() === day && month < MONTHS.length ? expiryMs : null
}
