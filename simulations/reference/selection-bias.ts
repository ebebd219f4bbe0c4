import { medianFloor } from '../../aggregator/aggregation/median.ts'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { prngOf } from '../determinism/prng.ts'

/** How far f liars shift the median, in standard deviations of one honest source. */
export interface SelectionBias {
  readonly n: number
  readonly f: number
  /** Everyone counts; the worse of the two middle values where the count is even. */
  readonly allUsedSd: number
  /** Everyone counts, by the median of protocol §6.3. */
  readonly allUsedByOurMedianSd: number
  /** A proposer picks the 2f+1 that shift it most, liars among them. */
  readonly proposerPicksSd: number
}

/** A value far above every honest draw, and the fixed point in which the core's median computes. */
const EXTREME = 1_000
const SCALE = 1_000_000

/**
 * Honest values are drawn from N(0, 1), the f liars say the extreme. What the members' choice
 * costs: nothing is left to a proposer where all that were received must be included.
 *
 * @param trials committees that are drawn
 */
export function selectionBias(options: {
  readonly n: number
  readonly seed: number
  readonly trials: number
}): SelectionBias {
  const { n, seed, trials } = options
  const f = faultyMax(n)
  const prng = prngOf(seed, `selection bias ${n}`)
  const sums = { worst: 0, ours: 0, picked: 0 }
  for (let trial = 0; trial < trials; trial++) {
    const honest = Array.from({ length: n - f }, () => prng.normal()).sort((a, b) => a - b)
    const liars = Array.from({ length: f }, () => EXTREME)
    const all = [...honest, ...liars]
    sums.worst += upperMiddle(all)
    sums.ours += Number(medianFloor(all.map((value) => BigInt(Math.round(value * SCALE))))) / SCALE
    // The worst choice upwards: all liars and the highest of the honest.
    sums.picked += upperMiddle(all.slice(-(2 * f + 1)))
  }
  const mean = (sum: number) => Math.round((1_000 * sum) / trials) / 1_000
  return {
    n,
    f,
    allUsedSd: mean(sums.worst),
    allUsedByOurMedianSd: mean(sums.ours),
    proposerPicksSd: mean(sums.picked),
  }
}

function upperMiddle(ascending: readonly number[]): number {
  return ascending[ascending.length >> 1] as number
}
