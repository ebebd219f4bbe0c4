import type { PricePath } from './prices.ts'

/** Prices that were recorded, one for each step of one length; the first step begins at time 0. */
export interface Recording {
  readonly stepMs: number
  /** The last of each step, in whole units of the quote currency, above 0. */
  readonly prices: readonly number[]
  /** What each venue said by itself, where that was kept. */
  readonly venues: readonly RecordedVenue[]
}

/** What one venue said, in the order in which it was heard; times are world time. */
export interface RecordedVenue {
  readonly name: string
  /** When it was heard, rising. */
  readonly localMs: readonly number[]
  /** The venue's own time of it. */
  readonly exchangeMs: readonly number[]
  /** In whole units of the quote currency, above 0. */
  readonly prices: readonly number[]
}

/** A venue as it was heard: what it shows at a moment is the last that had arrived by then. */
export interface VenueSeries {
  /** Price, and the venue's own time of it; null before anything had arrived. */
  readonly at: (nowUs: number) => { readonly price: number; readonly stampUs: number } | null
}

const US_PER_MS = 1_000

/** How long a recording lasts. */
export function lengthMs({ stepMs, prices }: Pick<Recording, 'stepMs' | 'prices'>): number {
  return stepMs * prices.length
}

/**
 * The recorded price of each moment: that of the last step that is over, since a step's price is
 * its last and nobody knows it earlier. Until the first is over its own; after the last step its.
 *
 * @param unit what one whole unit is in the feed's decimals
 */
export function createRecordedPath(
  { stepMs, prices }: Pick<Recording, 'stepMs' | 'prices'>,
  unit: number,
): PricePath {
  const whole = wholeOf(prices, unit)
  const last = whole.length - 1
  return {
    at: (nowUs) => {
      const over = Math.floor(nowUs / (stepMs * US_PER_MS)) - 1
      return whole[Math.min(last, Math.max(0, over))] as number
    },
  }
}

/** The series of one venue; asked for in any order. `unit` as above. */
export function createVenueSeries(
  { localMs, exchangeMs, prices }: RecordedVenue,
  unit: number,
): VenueSeries {
  const whole = wholeOf(prices, unit)
  return {
    at: (nowUs) => {
      const heard = heardBy(localMs, nowUs / US_PER_MS)
      if (heard === 0) return null
      const stampUs = (exchangeMs[heard - 1] as number) * US_PER_MS
      return { price: whole[heard - 1] as number, stampUs }
    },
  }
}

function wholeOf(prices: readonly number[], unit: number): readonly number[] {
  return prices.map((price) => Math.max(1, Math.round(price * unit)))
}

/** How many of some rising moments are not after another one. */
function heardBy(moments: readonly number[], nowMs: number): number {
  let [low, high] = [0, moments.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((moments[middle] as number) <= nowMs) low = middle + 1
    else high = middle
  }
  return low
}
