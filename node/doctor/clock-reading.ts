import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { AnswerHead } from '../sources/one-poll.ts'

/** How far this machine's clock is ahead of another one's, by the date of one HTTP answer. */
export interface ClockReading {
  readonly host: string
  /** Negative: behind. */
  readonly aheadMs: DurationMs
  /** The truth lies within so much of `aheadMs`, if the host's clock is right. */
  readonly errorMs: DurationMs
}

/** The header has whole seconds, cut off. */
const RESOLUTION_MS = 1_000

/**
 * Reads the `Date` of an answer: its moment lies between question and answer, and somewhere in the
 * second that the header names. Null where there is no such header, or where a cache says that the
 * answer is an older one.
 */
export function readingOf(
  host: string,
  { headers, askedMs, receivedMs }: Omit<AnswerHead, 'host'>,
): ClockReading | null {
  const { date, age } = headers
  if (age !== undefined && age !== '0') return null
  const saidMs: UnixMs = typeof date === 'string' ? Date.parse(date) : Number.NaN
  if (!Number.isFinite(saidMs)) return null
  const halfWayMs = (askedMs + receivedMs) / 2
  const errorMs = (RESOLUTION_MS + receivedMs - askedMs) / 2
  return { host, aheadMs: halfWayMs - (saidMs + RESOLUTION_MS / 2), errorMs }
}
