import type { FeeQuote } from '../../../node/chain/fees.ts'
import type { Prng } from '../../determinism/prng.ts'

export interface FeeMarketOptions {
  /** Base fee at which others ask for just the target, in wei per gas; the chain begins with it. */
  readonly baseFeeWei: bigint
  /** Tip that is usual then, in wei per gas. */
  readonly tipWei: bigint
  /** Gas that a block should have; it holds twice as much. */
  readonly gasTarget: bigint
  /** How much demand differs from block to block. */
  readonly noisePpm: number
}

/** What others ask of one block. */
export interface Demand {
  /** Gas that they would pay the base fee for. */
  readonly gas: bigint
  /** Tip above which a transaction is before all that do not fit any more, in wei per gas. */
  readonly marginalTipWei: bigint
}

/** A block in the eyes of the market. */
export interface Priced {
  readonly baseFeeWei: bigint
  readonly gasUsed: bigint
  readonly marginalTipWei: bigint
}

const PPM = 1_000_000n
/** EIP-1559: a full block raises the base fee by an eighth, an empty one lowers it by as much. */
const CHANGE_DENOMINATOR = 8n

/** Base fee of the block after one (EIP-1559). */
export function nextBaseFee({ baseFeeWei, gasUsed }: Priced, gasTarget: bigint): bigint {
  if (gasUsed === gasTarget) return baseFeeWei
  const apart = gasUsed > gasTarget ? gasUsed - gasTarget : gasTarget - gasUsed
  const change = (baseFeeWei * apart) / gasTarget / CHANGE_DENOMINATOR
  if (gasUsed < gasTarget) return baseFeeWei - change
  return baseFeeWei + (change > 1n ? change : 1n)
}

/** Everybody else on the chain: their demand falls as the base fee rises, and spikes. */
export class FeeMarket {
  readonly #options: FeeMarketOptions
  readonly #prng: Prng
  #factorPpm = PPM

  constructor(options: FeeMarketOptions, prng: Prng) {
    this.#options = options
    this.#prng = prng
  }

  /** From now on others ask for so many times what is usual; 1 is that. */
  setSpike(factor: number): void {
    this.#factorPpm = BigInt(Math.round(factor * 1_000_000))
  }

  /**
   * What others ask of the next block, by one draw: at twice the usual base fee half as much. Their
   * tips spread evenly from nothing to twice the usual one, times the spike: when more is asked for
   * than fits, it takes a tip of the upper part to be among those that do.
   */
  demand(baseFeeWei: bigint): Demand {
    const { gasTarget, noisePpm, tipWei } = this.#options
    const noise = PPM + BigInt(this.#prng.between(-noisePpm, noisePpm))
    const usual = this.#options.baseFeeWei
    const gas =
      (((gasTarget * usual * this.#factorPpm) / PPM) * noise) / PPM / atLeastOne(baseFeeWei)
    const limit = 2n * gasTarget
    if (gas <= limit) return { gas, marginalTipWei: 0n }
    const tipMax = (2n * tipWei * this.#factorPpm) / PPM
    return { gas, marginalTipWei: tipMax - (tipMax * limit) / gas }
  }

  /** What a node quotes after a block: its base fee, and the usual tip or what just got in. */
  quoteAfter({ baseFeeWei, marginalTipWei }: Priced): FeeQuote {
    const { tipWei } = this.#options
    return {
      baseFeePerGas: baseFeeWei,
      priorityFeePerGas: marginalTipWei > tipWei ? marginalTipWei : tipWei,
    }
  }
}

function atLeastOne(value: bigint): bigint {
  return value < 1n ? 1n : value
}
