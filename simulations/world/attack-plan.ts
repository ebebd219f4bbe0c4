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
 * The cheapest markets that together carry the members' value to a level, as far as two searches
 * find them: members count weight inside of their band and heads beyond it, so one begins with what
 * costs least for its weight, and one with what costs least. An attacker who learned that these are
 * too few takes some more.
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
  const costOf = (market: PushedMarket) => market.costOf(level, of.seconds)
  const sumOf = (some: readonly PushedMarket[]) =>
    some.reduce((sum, market) => sum + costOf(market), 0)
  const ranks = [(market: PushedMarket) => costOf(market) / market.of.weight, costOf]
  const found = ranks.flatMap((rank) => {
    const ordered = markets.toSorted((a, b) => rank(a) - rank(b) || (a.of.key < b.of.key ? -1 : 1))
    const needed = neededOf(ordered, { costOf, reaches: of.reaches })
    return needed === null ? [] : [{ ordered, needed }]
  })
  const [first, ...others] = found
  if (first === undefined) return null
  const { ordered, needed } = others.reduce(
    (best, each) => (sumOf(each.needed) < sumOf(best.needed) ? each : best),
    first,
  )
  return [...needed, ...ordered.filter((each) => !needed.includes(each)).slice(0, of.more)]
}

/** The first of a list that reach, less those that turn out not to be needed, the dearest first. */
function neededOf(
  ordered: readonly PushedMarket[],
  of: {
    readonly costOf: (market: PushedMarket) => number
    readonly reaches: (markets: readonly PushedMarket[]) => boolean
  },
): readonly PushedMarket[] | null {
  const count = ordered.findIndex((_, at) => of.reaches(ordered.slice(0, at + 1))) + 1
  if (count === 0) return null
  let needed = ordered.slice(0, count)
  for (const dear of needed.toSorted((a, b) => of.costOf(b) - of.costOf(a))) {
    const rest = needed.filter((market) => market !== dear)
    if (rest.length > 0 && of.reaches(rest)) needed = rest
  }
  return needed
}
