import type { Members } from '../../aggregator/values/ids.ts'
import { countMembers } from '../../aggregator/values/ids.ts'
import { bribesOf, positionsOf, termsOf } from '../scenario/book.ts'
import { countedRounds, FEED_DECIMALS } from '../scenario/params.ts'
import type { Scenario } from '../scenario/schema.ts'
import { BookStatistics } from '../statistics/book-statistics.ts'
import { ChainStatistics } from '../statistics/chain-statistics.ts'
import { ManipulationStatistics } from '../statistics/manipulation-statistics.ts'
import type { SimulationResult } from '../statistics/result.ts'
import type { Fact } from '../world/facts.ts'
import type { Manipulation } from '../world/manipulation.ts'
import type { PricePath } from '../world/prices.ts'
import type { World } from '../world/world.ts'

/** What a run knows when these statistics begin. */
interface Begun {
  readonly scenario: Scenario
  readonly honest: Members
  readonly faulty: Members
  readonly manipulations: readonly Manipulation[]
  readonly truth: PricePath
}

/** Counts of what a scenario may have besides a committee: a chain, attacks on venues, a book. */
export class SectionStatistics {
  readonly #chain: ChainStatistics | null
  readonly #manipulation: ManipulationStatistics | null
  readonly #book: BookStatistics | null

  constructor({ chain, context }: World, begun: Begun) {
    const { scenario, honest, faulty, manipulations, truth } = begun
    const { firstRound, lastRound } = countedRounds(scenario)
    const counted = { honest, firstRound, lastRound }
    const { committee } = context
    this.#chain =
      chain === null ? null : new ChainStatistics({ ...counted, committee, chain: chain.chain })
    this.#manipulation =
      manipulations.length === 0
        ? null
        : new ManipulationStatistics({ ...counted, manipulations, truth })
    const { book } = scenario
    this.#book =
      book === undefined
        ? null
        : new BookStatistics({
            ...counted,
            positions: positionsOf(book),
            terms: termsOf(book),
            chain: book.markedBy === 'certified' ? null : (chain?.chain ?? null),
            truth,
            unit: 10 ** FEED_DECIMALS,
            venuesUsd: () => this.#manipulation?.spentUsd ?? 0,
            bribesUsd: bribesOf(book, countMembers(faulty)),
          })
  }

  watch(fact: Fact): void {
    this.#chain?.watch(fact)
    // Before the book, which asks what was spent.
    this.#manipulation?.watch(fact)
    this.#book?.watch(fact)
  }

  figures(nowUs: number): Pick<SimulationResult, 'chain' | 'manipulation' | 'book'> {
    const chain = this.#chain?.figures(nowUs)
    const manipulation = this.#manipulation?.figures()
    const book = this.#book?.figures()
    return {
      ...(chain === undefined ? {} : { chain }),
      ...(manipulation === undefined ? {} : { manipulation }),
      ...(book === undefined ? {} : { book }),
    }
  }
}
