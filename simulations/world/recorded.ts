import type { PricePath } from './prices.ts'

/** Prices that were recorded, one for each step of one length, the first at world time 0. */
export interface Recording {
  readonly stepMs: number
  /** In whole units of the quote currency, above 0. */
  readonly prices: readonly number[]
}

const US_PER_MS = 1_000

/** How long a recording lasts. */
export function lengthMs({ stepMs, prices }: Recording): number {
  return stepMs * prices.length
}

/**
 * The recorded price of each moment; before the first and after the last step, theirs.
 *
 * @param unit what one whole unit is in the feed's decimals
 */
export function createRecordedPath({ stepMs, prices }: Recording, unit: number): PricePath {
  const whole = prices.map((price) => Math.max(1, Math.round(price * unit)))
  const last = whole.length - 1
  return {
    at: (nowUs) => {
      const step = Math.floor(nowUs / (stepMs * US_PER_MS))
      return whole[Math.min(last, Math.max(0, step))] as number
    },
  }
}
