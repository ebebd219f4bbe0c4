import type { PushedMarket } from './pushed-market.ts'

/** Which markets an attacker pushes, and how far off the true price. */
export interface AttackPlan {
  readonly markets: readonly PushedMarket[]
  /** A share; below 0 is downwards. */
  readonly level: number
}

/** How far money must go: all of it for so long, and some of it in this round. */
export interface Means {
  readonly usd: number
  readonly seconds: number
  readonly roundUsd: number
  readonly roundSeconds: number
}

/** Steps of a search that halves what is left: to a part in 10^12. */
const HALVINGS = 40

/** The furthest level, up to the one wanted, that the money carries all markets to and keeps. */
export function affordableLevel({ markets, level }: AttackPlan, means: Means): number {
  const isAffordable = (tried: number): boolean => {
    const cost = (seconds: number) =>
      markets.reduce((sum, market) => sum + market.costOf(tried, seconds), 0)
    return cost(means.seconds) <= means.usd && cost(means.roundSeconds) <= means.roundUsd
  }
  if (isAffordable(level)) return level
  let [low, high] = [0, 1]
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2
    if (isAffordable(level * middle)) low = middle
    else high = middle
  }
  return level * low
}

/**
 * The cheapest markets that together carry the members' value to a level: those that cost least for
 * the weight they have, less those that turn out not to be needed; then some more of them, where an
 * attacker learned that these are too few.
 *
 * @param reaches whether the value follows these markets
 * @returns null when all of them together do not carry it there
 */
export function cheapestMarkets(
  { markets, level }: AttackPlan,
  of: {
    readonly seconds: number
    readonly more: number
    readonly reaches: (markets: readonly PushedMarket[]) => boolean
  },
): readonly PushedMarket[] | null {
  const { seconds, more, reaches } = of
  const costOf = (market: PushedMarket) => market.costOf(level, seconds)
  const ordered = markets.toSorted(
    (a, b) => costOf(a) / a.of.weight - costOf(b) / b.of.weight || (a.of.key < b.of.key ? -1 : 1),
  )
  const count = ordered.findIndex((_, at) => reaches(ordered.slice(0, at + 1))) + 1
  if (count === 0) return null
  let chosen = ordered.slice(0, count)
  for (const dear of chosen.toSorted((a, b) => costOf(b) - costOf(a))) {
    const rest = chosen.filter((market) => market !== dear)
    if (rest.length > 0 && reaches(rest)) chosen = rest
  }
  const others = ordered.filter((market) => !chosen.includes(market))
  return [...chosen, ...others.slice(0, more)]
}
