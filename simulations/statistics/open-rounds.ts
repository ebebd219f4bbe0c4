import type { Round } from '../../aggregator/values/ids.ts'
import { RecentMap } from '../../aggregator/values/recent-map.ts'

/** Rounds after which one is over: a certificate that comes later counts as lost. */
export const OVER_AFTER = 2

/**
 * What is gathered of rounds that are under way: from one round before they open, for members whose
 * clock is ahead, until two rounds later.
 */
export class OpenRounds<T> {
  readonly #firstRound: Round
  readonly #lastRound: Round
  readonly #create: (round: Round) => T
  readonly #open = new RecentMap<Round, T>()
  #current: Round = 0

  /** @param of the first and the last round that count, and what a round begins with */
  constructor(of: {
    readonly firstRound: Round
    readonly lastRound: Round
    readonly create: (round: Round) => T
  }) {
    this.#firstRound = of.firstRound
    this.#lastRound = of.lastRound
    this.#create = of.create
  }

  /** Whether a round is one of those that count. */
  counts(round: Round): boolean {
    return round >= this.#firstRound && round <= this.#lastRound
  }

  /** A round opens; what is over now is forgotten here. */
  open(round: Round): { readonly opened: T | undefined; readonly over: T | undefined } {
    this.#current = round
    const over = this.#open.get(round - OVER_AFTER)
    this.#open.delete(round - OVER_AFTER)
    return { opened: this.at(round), over }
  }

  /** Undefined for a round that does not count, is over, or is far ahead. */
  at(round: Round): T | undefined {
    const known = this.#open.get(round)
    if (known !== undefined || !this.counts(round)) return known
    if (round <= this.#current - OVER_AFTER || round > this.#current + 1) return undefined
    const created = this.#create(round)
    this.#open.set(round, created)
    return created
  }

  get all(): readonly T[] {
    return [...this.#open.values()]
  }
}
