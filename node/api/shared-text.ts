import type { DurationMs } from '../../aggregator/values/time.ts'

export interface SharedTextOptions {
  /** Whoever asks within this time of one that was made gets that one. */
  readonly ageMsMax: DurationMs
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/**
 * One text for all who ask within a moment, so that a thousand who ask cost no more than one. A
 * failure is shared like a text.
 */
export function sharedText(
  make: () => string | Promise<string>,
  { ageMsMax, nowMs }: SharedTextOptions,
): () => Promise<string> {
  let made: { readonly atMs: number; readonly text: Promise<string> } | null = null
  return () => {
    const atMs = nowMs()
    if (made === null || atMs - made.atMs >= ageMsMax) {
      made = { atMs, text: Promise.resolve().then(make) }
    }
    return made.text
  }
}
