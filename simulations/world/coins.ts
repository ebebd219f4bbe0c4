import { chanceAt } from '../determinism/prng.ts'
import { PRICE_STEP_US, type PricePath } from './prices.ts'

/** A coin falls from its peg in a straight line, stays at its depth, and comes back likewise. */
export interface Depeg {
  readonly fromUs: number
  /** How far below par it stays. */
  readonly depthBps: number
  /** From par to the depth; 0 is at once. */
  readonly rampUs: number
  /** When it begins to come back, from `fromUs` + `rampUs` on; Infinity is never. */
  readonly toUs: number
  readonly recoveryUs: number
}

export interface CoinOptions {
  readonly seed: number
  /** The coin's market, such as `USDT/USD`. */
  readonly market: string
  /** Largest error around its course, in parts per million of a dollar. */
  readonly noisePpm: number
  readonly depeg: Depeg | null
}

/** Decimals of true rates of coins. */
export const COIN_DECIMALS = 8
/** One dollar. */
export const PAR = 10 ** COIN_DECIMALS

/**
 * The true worth of a coin in dollars, times 10^`COIN_DECIMALS`: a function of the moment alone. It
 * is par before time 0 and without a depeg, and always above 0.
 */
export function createCoinPath({ seed, market, noisePpm, depeg }: CoinOptions): PricePath {
  const errorAt = chanceAt(seed, `coin ${market}`)
  return {
    at: (nowUs) => {
      const step = Math.max(0, Math.floor(nowUs / PRICE_STEP_US))
      const belowBps = depeg === null ? 0 : depthAt(depeg, step * PRICE_STEP_US)
      const errorPpm = noisePpm === 0 ? 0 : errorAt(step, -noisePpm, noisePpm)
      return Math.max(1, Math.round(PAR * (1 - belowBps / 10_000 + errorPpm / 1_000_000)))
    },
  }
}

function depthAt({ fromUs, depthBps, rampUs, toUs, recoveryUs }: Depeg, nowUs: number): number {
  if (nowUs < fromUs) return 0
  if (nowUs < fromUs + rampUs) return (depthBps * (nowUs - fromUs)) / rampUs
  if (nowUs < toUs) return depthBps
  if (nowUs < toUs + recoveryUs) return (depthBps * (toUs + recoveryUs - nowUs)) / recoveryUs
  return 0
}
