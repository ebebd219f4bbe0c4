import { type FeedParams, flagshipPlacesOf } from '../committee/params.ts'
import type { SuccessionProblem } from './succession.ts'

/** What a contract knows of its feeds for ever: it was deployed with it. */
export interface FeedPlaces {
  /** Feeds from this place on share words as long-tail feeds; `FEEDS_MAX` when none do. */
  readonly flagshipFeeds: number
  /** Of the first feeds, by place. */
  readonly named: readonly Pick<FeedParams, 'name' | 'decimals'>[]
}

/** The places of a contract that is deployed for a committee with these feeds. */
export function feedPlacesOf(feeds: readonly FeedParams[]): FeedPlaces {
  return { flagshipFeeds: flagshipPlacesOf(feeds), named: feeds }
}

/**
 * Why a contract with these places cannot have the feeds of a committee; empty when it can. Readers
 * know a feed by its place, so that another one there would be read as it, in other decimals or
 * from the word of a third; one of the wrong tier would be read from where nobody writes it, and
 * so be due for ever (ADR 0121). New feeds come after all others, and feeds may go at the end.
 */
export function feedPlaceProblems(
  { flagshipFeeds, named }: FeedPlaces,
  feeds: readonly FeedParams[],
): readonly SuccessionProblem[] {
  return feeds.flatMap(({ name, decimals, tier }, place) => {
    const problems: SuccessionProblem[] = []
    const add = (key: string, message: string) =>
      problems.push({ path: `feeds[${place}].${key}`, message })
    const known = named[place]
    if (known !== undefined && known.name !== name) add('name', `must stay ${known.name}`)
    if (known !== undefined && known.decimals !== decimals) {
      add('decimals', `must stay ${known.decimals}`)
    }
    if ((tier === 'long-tail') === place < flagshipFeeds) {
      const where = place < flagshipFeeds ? 'flagship' : 'long-tail'
      add('tier', `must be ${where}: contracts have this place for such a feed`)
    }
    return problems
  })
}
