import { invariant } from '../assert.ts'
import type { BasisPoints } from '../values/basis-points.ts'
import { BPS_WHOLE } from '../values/basis-points.ts'

/** Price and weight of one venue. */
export interface Weighted {
  readonly price: bigint
  /** From 0; only its ratio to the other weights counts. */
  readonly weight: bigint
}

/**
 * Weights by volume, none above `weightBpsMax` of their sum: volume is what a venue says about
 * itself, so it must never buy a majority.
 *
 * A venue that states no volume gets the smallest that another states. Where the cap cannot hold
 * (two venues and 40 %), or nobody states any volume, all weigh the same.
 *
 * @param volumes at least one, each from 0 or null
 * @returns weights in the same order, with at least one above 0
 */
export function cappedWeights(
  volumes: readonly (bigint | null)[],
  weightBpsMax: BasisPoints,
): readonly bigint[] {
  invariant(volumes.length > 0, 'weights are of at least one venue')
  const smallest = smallestOf(volumes)
  if (smallest === null || volumes.length * weightBpsMax <= BPS_WHOLE) {
    return volumes.map(() => 1n)
  }
  // Times the whole, so that flooring the cap loses nothing that matters.
  const weights = volumes.map(
    (volume) => (volume === null || volume <= 0n ? smallest : volume) * BigInt(BPS_WHOLE),
  )
  const cap = capOf(weights, BigInt(weightBpsMax))
  return weights.map((weight) => (weight > cap ? cap : weight))
}

function smallestOf(volumes: readonly (bigint | null)[]): bigint | null {
  let smallest: bigint | null = null
  for (const volume of volumes) {
    if (volume === null || volume <= 0n) continue
    if (smallest === null || volume < smallest) smallest = volume
  }
  return smallest
}

/**
 * The largest weight such that, with everything above cut to it, it is at most the share of the
 * sum: with the k heaviest cut and R the sum of the rest, cap = share × R / (1 − k × share).
 */
function capOf(weights: readonly bigint[], shareBps: bigint): bigint {
  const whole = BigInt(BPS_WHOLE)
  const falling = [...weights].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0))
  let rest = weights.reduce((sum, weight) => sum + weight, 0n)
  let cap = rest
  for (let cut = 0; cut < falling.length; cut++) {
    const uncut = whole - BigInt(cut) * shareBps
    // With one venue fewer the cap already held all the rest, because n × share exceeds the whole.
    invariant(uncut > 0n, 'the cap is found before the cut venues fill the whole')
    // Floor: a cap is never above its share.
    cap = (shareBps * rest) / uncut
    const heaviest = falling[cut] as bigint
    if (heaviest <= cap) return cap
    rest -= heaviest
  }
  return cap
}

/**
 * Weighted median: the price where half of the weight lies below and half above; where a boundary
 * hits exactly half, the floor of the mean of the prices on both sides. A venue with less than half
 * of the weight cannot move it beyond the prices of the others.
 *
 * @param values at least one, with a sum of weights above 0
 */
export function weightedMedian(values: readonly Weighted[]): bigint {
  const rising = values
    .filter(({ weight }) => weight > 0n)
    .sort((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0))
  const total = rising.reduce((sum, { weight }) => sum + weight, 0n)
  invariant(total > 0n, 'a weighted median needs weight')
  let below = 0n
  for (const [position, { price, weight }] of rising.entries()) {
    below += weight
    if (2n * below > total) return price
    // Shifting floors; a next price exists, because half of the weight is still ahead.
    if (2n * below === total) return (price + (rising[position + 1] as Weighted).price) >> 1n
  }
  throw new Error('unreachable: the whole weight is more than half of it')
}
