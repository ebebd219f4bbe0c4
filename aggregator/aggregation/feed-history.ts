import type { DurationMs, UnixMs } from '../values/time.ts'

/** A certified value of a feed: it holds from the opening of its round. */
export interface PastValue {
  readonly openedMs: UnixMs
  /** In the feed's decimals. */
  readonly value: bigint
}

/** A value that is kept, with what makes any window over it cost two lookups. */
export interface Sample extends PastValue {
  /** `openedMs`, rounded up to the grid of the history. */
  readonly atMs: UnixMs
  /** What accrued from the first sample ever kept; only differences mean anything. */
  readonly sum: bigint
  /** From when on no two neighbours lie further apart than `gapMsMax`. */
  readonly unbrokenMs: UnixMs
}

/** Past values of one feed, ascending by `atMs`. Plain data; `addValue` changes it in place. */
export interface FeedHistory {
  readonly samples: Sample[]
}

export interface HistoryRules {
  /** One sample for each interval of this length is kept, the last one in it; 1 keeps all. */
  readonly gridMs: DurationMs
  /** A value that stands longer alone ends what can be said of the time before. */
  readonly gapMsMax: DurationMs
  /** How far back from the newest sample a window may begin; older samples are forgotten. */
  readonly keptMs: DurationMs
  /** What accrues from one sample to the next. */
  readonly accrue: (before: Sample, after: PastValue & { readonly atMs: UnixMs }) => bigint
}

/**
 * Adds a certified value, wherever in time it belongs. Of two values of one round the first is
 * kept; of two on one point of the grid the later. Older than `keptMs` is ignored.
 */
export function addValue(history: FeedHistory, past: PastValue, rules: HistoryRules): void {
  const { samples } = history
  const atMs = pointOf(past, rules)
  const newest = samples.at(-1)
  if (newest !== undefined && atMs < newest.atMs - rules.keptMs) return
  let position = samples.length
  while (position > 0 && (samples[position - 1] as Sample).atMs >= atMs) position -= 1
  const known = samples[position]
  const isSamePoint = known !== undefined && known.atMs === atMs
  if (isSamePoint && known.openedMs >= past.openedMs) return
  samples.splice(position, isSamePoint ? 1 : 0, joined(samples[position - 1], past, rules))
  for (let next = position + 1; next < samples.length; next++) {
    samples[next] = joined(samples[next - 1], samples[next] as Sample, rules)
  }
  forget(samples, rules.keptMs)
}

function joined(before: Sample | undefined, past: PastValue, rules: HistoryRules): Sample {
  const { openedMs, value } = past
  const atMs = pointOf(past, rules)
  if (before === undefined) return { openedMs, value, atMs, sum: 0n, unbrokenMs: atMs }
  const sum = before.sum + rules.accrue(before, { openedMs, value, atMs })
  const isBroken = atMs - before.atMs > rules.gapMsMax
  return { openedMs, value, atMs, sum, unbrokenMs: isBroken ? atMs : before.unbrokenMs }
}

/** Keeps one sample at or before the beginning of the longest window. */
function forget(samples: Sample[], keptMs: DurationMs): void {
  const newest = samples.at(-1)
  if (newest === undefined) return
  let count = 0
  while ((samples[count + 1]?.atMs ?? newest.atMs) <= newest.atMs - keptMs) count += 1
  if (count > 0) samples.splice(0, count)
}

/** The point of a history's grid that a value is kept at. */
export function pointOf({ openedMs }: PastValue, { gridMs }: HistoryRules): UnixMs {
  return ceilTo(openedMs, gridMs)
}

/** The last sample at or before a moment; undefined when there is none. */
export function sampleAt({ samples }: FeedHistory, atMs: UnixMs): Sample | undefined {
  let low = 0
  let high = samples.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((samples[middle] as Sample).atMs <= atMs) low = middle + 1
    else high = middle
  }
  return samples[low - 1]
}

/** The smallest multiple of a step at or above a time. */
function ceilTo(timeMs: UnixMs, stepMs: DurationMs): UnixMs {
  const over = timeMs % stepMs
  return over === 0 ? timeMs : timeMs - over + stepMs
}
