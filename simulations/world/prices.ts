import { prngOf } from '../determinism/prng.ts'

/** A true price over time: a seeded walk in steps of one length. */
export interface PricePath {
  /**
   * True price at a world time from 0, times 10^`decimals`; asked for in any order, not too far
   * back.
   */
  readonly at: (nowUs: number) => number
}

export interface PricePathOptions {
  readonly seed: number
  readonly label: string
  /** At time 0, as a whole number with the feed's decimals; at most 2^50. */
  readonly start: number
  /** Standard deviation of one second's relative change, in parts per million. */
  readonly volatilityPpm: number
  /** Jumps a day on average; each changes the price by a normal draw of `jumpPpm`. */
  readonly jumpsPerDay: number
  readonly jumpPpm: number
}

/** Length of one step of every path. */
export const PRICE_STEP_US = 100_000
const STEPS_PER_SECOND = 10
const STEPS_PER_DAY = 864_000
/** Steps kept: 200 seconds, far more than any venue lags. */
const STEPS_KEPT = 2_048

/**
 * Diffusion with jumps. The price stays above 1 and below four times 2^50, so it is a whole number.
 */
export function createPricePath(options: PricePathOptions): PricePath {
  const prng = prngOf(options.seed, `price ${options.label}`)
  const stepDeviation = options.volatilityPpm / 1_000_000 / Math.sqrt(STEPS_PER_SECOND)
  const jumpsPerStep = options.jumpsPerDay / STEPS_PER_DAY
  return pathOf(options.start, (held) => {
    let change = stepDeviation * prng.normal()
    // Where no jump is wanted nothing is drawn for one, so that such paths stay as they are.
    const isJump = jumpsPerStep > 0 && prng.unit() < jumpsPerStep
    if (isJump) change += (options.jumpPpm / 1_000_000) * prng.normal()
    return held * (1 + change)
  })
}

/** A path from its start and the step from one price to the next, each `PRICE_STEP_US` long. */
export function pathOf(start: number, next: (held: number) => number): PricePath {
  const kept = new Float64Array(STEPS_KEPT)
  let latest = 0
  kept[0] = start

  const extend = (): void => {
    const price = next(kept[latest % STEPS_KEPT] as number)
    latest += 1
    kept[latest % STEPS_KEPT] = Math.min(2 ** 52, Math.max(1, price))
  }
  return {
    at: (nowUs) => {
      const step = Math.max(0, Math.floor(nowUs / PRICE_STEP_US))
      while (latest < step) extend()
      if (latest - step >= STEPS_KEPT) throw new RangeError('a price is asked for too far back')
      return Math.round(kept[step % STEPS_KEPT] as number)
    },
  }
}
