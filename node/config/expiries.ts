import {
  EXPIRY_STEP_SECONDS_MIN,
  type ExpirySchedule,
} from '../../aggregator/delivery/settlement.ts'

const DAY_SECONDS = 86_400
const WEEK_SECONDS = 7 * DAY_SECONDS
/** In the order of Unix days: the first one was a Thursday. */
const DAYS = ['thursday', 'friday', 'saturday', 'sunday', 'monday', 'tuesday', 'wednesday']

/** What `expiriesFrom` reads, for messages and help. */
export const EXPIRIES_FORM = '"daily HH:MM" or a weekday with "HH:MM" in UTC, or "every SECONDS"'

/**
 * Expiries as operators write them: `daily 08:00`, `friday 08:00` (UTC), or `every 3600`, which are
 * the multiples of so many seconds, from a minute to a week. Null for anything else.
 */
export function expiriesFrom(text: string): ExpirySchedule | null {
  const step = Number(/^every (\d{1,6})$/.exec(text)?.[1] ?? 0)
  if (step >= EXPIRY_STEP_SECONDS_MIN && step <= WEEK_SECONDS) {
    return { stepSeconds: step, offsetSeconds: 0 }
  }
  const [, day = '', hours, minutes] = /^([a-z]+) ([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  const seconds = Number(hours) * 3_600 + Number(minutes) * 60
  if (day === 'daily') return { stepSeconds: DAY_SECONDS, offsetSeconds: seconds }
  const weekday = DAYS.indexOf(day)
  if (weekday === -1) return null
  return { stepSeconds: WEEK_SECONDS, offsetSeconds: weekday * DAY_SECONDS + seconds }
}
