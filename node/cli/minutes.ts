import { usageError } from './command.ts'

const MINUTE_MS = 60_000
/** A week. */
const MINUTES_MAX = 10_080

/**
 * What `--minutes` says, such as 0.5, in whole milliseconds.
 *
 * @param name of the command, for the error
 * @throws {OracleError} USAGE_INVALID above a week, and for what is no positive number
 */
export function durationMsOf(text: string, name: string): number {
  const minutes = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  // Timers take whole milliseconds alone, and 0.017 minutes are 1020.0000000000001 of them.
  if (minutes > 0 && minutes <= MINUTES_MAX) return Math.round(minutes * MINUTE_MS)
  throw usageError(`--minutes must be above 0 and at most ${MINUTES_MAX}`, name)
}
