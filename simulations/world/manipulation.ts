import type { Round } from '../../aggregator/values/ids.ts'
import { type AttackPlan, affordableLevel, cheapestMarkets, type Means } from './attack-plan.ts'
import { PRICE_STEP_US, type PricePath } from './prices.ts'
import { type PushableMarket, PushedMarket } from './pushed-market.ts'
import type { ShadowNode } from './shadow-node.ts'

/** Somebody trades on venues to move what members see. No member takes part in it. */
export interface ManipulationOptions {
  readonly fromUs: number
  readonly toUs: number
  /** How far off the true price, as a share; or which price, in the feed's decimals. */
  readonly target: { readonly move: number } | { readonly price: number }
  /**
   * `fixed`: pushes all its markets. `adaptive`: only those that carry the value of a node, more of
   * them where the committee does not follow, and none where all together do not carry it.
   */
  readonly how: 'fixed' | 'adaptive'
  readonly budgetUsd: number
  /** Infinity: all of it in one round, if need be. */
  readonly budgetUsdPerRound: number
  readonly roundUs: number
  readonly markets: readonly PushableMarket[]
}

/** What an attacker can see of the world. */
export interface ManipulationDependencies {
  /** The true price of the first feed: it trades, so it knows what a market is worth. */
  readonly truth: PricePath
  readonly shadow: ShadowNode
}

/** Parts of its target that an adaptive attacker tries, the largest first. */
const PARTS = [1, 0.75, 0.5, 0.25]
/** The value follows when it goes so far of the way. */
const FOLLOWS = 0.9
/** Rounds in which the committee may follow before the attacker takes more markets. */
const PATIENCE_ROUNDS = 6
const US_PER_SECOND = 1_000_000

/** One round of pushing, and how much of the way the committee went in it. */
interface Pushed {
  readonly round: Round
  readonly level: number
  /** What a node that reaches every venue would have seen without the push. */
  readonly honest: number
  followed: number
}

/** One attack on venues: a plan each round, and trades every 100 ms. */
export class Manipulation {
  readonly markets: readonly PushedMarket[]
  readonly #options: ManipulationOptions
  readonly #dependencies: () => ManipulationDependencies
  #plan: AttackPlan | null = null
  #usdLeft: number
  /** Of what it may spend in this round. */
  #roundUsdLeft = 0
  /** The latest rounds in which the same markets were pushed. */
  #pushed: readonly Pushed[] = []
  /** Rounds for which the same markets were pushed. */
  #waited = 0
  #more = 0
  #hasGivenUp = false
  #quarantined: ReadonlySet<string> = new Set()

  /** @param dependencies asked for late: what it sees is made of what it pushes */
  constructor(options: ManipulationOptions, dependencies: () => ManipulationDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#usdLeft = options.budgetUsd
    this.markets = options.markets.map((market) => new PushedMarket(market))
  }

  get spentUsd(): number {
    return this.#options.budgetUsd - this.#usdLeft
  }

  /** What it does this round; null outside of its time, or when it does nothing. */
  get plan(): AttackPlan | null {
    return this.#plan
  }

  /** Its markets that a node leaves out this round. */
  get quarantined(): ReadonlySet<string> {
    return this.#quarantined
  }

  /** All its markets together did not carry the committee, so it stopped paying. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp
  }

  /** A certificate of a round has a value. */
  certified(round: Round, value: number): void {
    const pushed = this.#pushed.find((each) => each.round === round)
    if (pushed !== undefined) pushed.followed = (value / pushed.honest - 1) / pushed.level
  }

  /** A round opens: looks at the venues and at the committee, and decides. */
  roundOpened(round: Round, nowUs: number): void {
    const { fromUs, toUs, budgetUsdPerRound } = this.#options
    this.#roundUsdLeft = budgetUsdPerRound
    const { shadow } = this.#dependencies()
    const seen = shadow.look(nowUs)
    const verdicts = [...seen.feeds.slice(0, 1), ...seen.conversions].flatMap(
      ({ venues }) => venues,
    )
    this.#quarantined = new Set(
      verdicts.flatMap(({ venue, market, code }) =>
        code === 'QUARANTINED' ? `${venue} ${market}` : [],
      ),
    )
    if (nowUs < fromUs || nowUs >= toUs || this.#hasGivenUp) {
      this.#plan = null
      return
    }
    this.#learn()
    const plan = this.#hasGivenUp ? null : this.#planFor(nowUs)
    const before = this.#plan?.markets ?? []
    const isSame = plan?.markets.length === before.length && isSubset(plan.markets, before)
    this.#waited = isSame ? this.#waited + 1 : 0
    this.#plan = plan
    const honest = plan === null ? null : shadow.imagine(new Map(), nowUs)
    const earlier = isSame ? this.#pushed.slice(1 - PATIENCE_ROUNDS) : []
    this.#pushed =
      plan === null || honest === null
        ? earlier
        : [...earlier, { round, level: plan.level, honest, followed: 0 }]
  }

  /** Trades of one step of true prices. */
  step(nowUs: number): void {
    const isOver = nowUs >= this.#options.toUs
    const step = Math.floor(nowUs / PRICE_STEP_US)
    for (const market of this.markets) {
      const isPushed = !isOver && this.#plan?.markets.includes(market) === true
      const level = isPushed ? (this.#plan?.level ?? null) : null
      const usd = Math.max(0, Math.min(this.#usdLeft, this.#roundUsdLeft))
      const spentUsd = market.step(step, { level, usd })
      this.#usdLeft -= spentUsd
      this.#roundUsdLeft -= spentUsd
    }
  }

  /** Takes more markets when the committee does not follow those that should have been enough. */
  #learn(): void {
    const { how } = this.#options
    const plan = this.#plan
    if (how === 'fixed' || plan === null || this.#waited < PATIENCE_ROUNDS) return
    const followed = this.#pushed.reduce((sum, each) => sum + each.followed, 0)
    if (followed / this.#pushed.length >= FOLLOWS / 2) return
    if (plan.markets.length === this.markets.length) this.#hasGivenUp = true
    this.#more += 1
    this.#waited = 0
  }

  #planFor(nowUs: number): AttackPlan | null {
    const level = this.#wantedLevel(nowUs)
    if (level === 0 || this.#usdLeft <= 0) return null
    const means = this.#means(nowUs)
    if (this.#options.how === 'fixed') {
      const { markets } = this
      return { markets, level: affordableLevel({ markets, level }, means) }
    }
    for (const part of PARTS) {
      const markets = this.#cheapest(level * part, nowUs)
      if (markets === null) continue
      const afforded = affordableLevel({ markets, level: level * part }, means)
      if (afforded === level * part) return { markets, level: afforded }
      // The money ends before: what carries the value beyond a band need not do so within it.
      const nearer = this.#cheapest(afforded, nowUs)
      if (nearer === null) continue
      return {
        markets: nearer,
        level: affordableLevel({ markets: nearer, level: afforded }, means),
      }
    }
    return null
  }

  #cheapest(level: number, nowUs: number): readonly PushedMarket[] | null {
    const { shadow } = this.#dependencies()
    const honest = shadow.imagine(new Map(), nowUs)
    if (honest === null) return null
    const reaches = (markets: readonly PushedMarket[]): boolean => {
      const value = shadow.imagine(new Map(markets.map(({ of }) => [of.key, level])), nowUs)
      return value !== null && (value / honest - 1) / level >= FOLLOWS
    }
    const { seconds } = this.#means(nowUs)
    return cheapestMarkets({ markets: this.markets, level }, { seconds, more: this.#more, reaches })
  }

  #wantedLevel(nowUs: number): number {
    const { target } = this.#options
    if ('move' in target) return target.move
    return target.price / this.#dependencies().truth.at(nowUs) - 1
  }

  #means(nowUs: number): Means {
    const { toUs, roundUs, budgetUsdPerRound } = this.#options
    return {
      usd: this.#usdLeft,
      seconds: (toUs - nowUs) / US_PER_SECOND,
      roundUsd: budgetUsdPerRound,
      roundSeconds: roundUs / US_PER_SECOND,
    }
  }
}

function isSubset(some: readonly PushedMarket[], all: readonly PushedMarket[]): boolean {
  return some.every((market) => all.includes(market))
}
