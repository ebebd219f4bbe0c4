import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { Absence } from '../world/host-options.ts'

/** Rounds that were certified without a value of some feed. */
export interface AbsentValues {
  /** Rounds in which at least one feed had none. */
  readonly rounds: number
  /** Feeds that had none in some round, in the committee's order. */
  readonly feeds: readonly AbsentFeed[]
}

export interface AbsentFeed {
  readonly feed: string
  readonly rounds: number
  /** Why honest members had no value, and in how many of these rounds one of them said so. */
  readonly reasons: Readonly<Record<string, number>>
  /** What kept their venues out, and in how many of these rounds. */
  readonly venues: Readonly<Record<string, number>>
}

interface Count {
  rounds: number
  readonly reasons: Map<string, number>
  readonly venues: Map<string, number>
}

/** Counts rounds without a value, by feed. */
export class AbsentCounter {
  readonly #names: readonly string[]
  readonly #counts = new Map<FeedIndex, Count>()
  #rounds = 0

  /** @param names of the feeds, in the committee's order */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  /** A round ended without a value of these feeds; honest members had none for such reasons. */
  add(feeds: readonly FeedIndex[], absences: readonly Absence[]): void {
    if (feeds.length === 0) return
    this.#rounds += 1
    for (const feed of feeds) {
      const count = this.#countOf(feed)
      const own = absences.filter((each) => each.feed === feed)
      count.rounds += 1
      for (const reason of new Set(own.map((each) => each.reason))) raise(count.reasons, reason)
      for (const code of new Set(own.flatMap((each) => each.venues))) raise(count.venues, code)
    }
  }

  figures(): AbsentValues {
    const counts = [...this.#counts].sort(([a], [b]) => a - b)
    const feeds = counts.map(([feed, { rounds, reasons, venues }]) => ({
      feed: this.#names[feed] ?? '',
      rounds,
      reasons: Object.fromEntries([...reasons].sort()),
      venues: Object.fromEntries([...venues].sort()),
    }))
    return { rounds: this.#rounds, feeds }
  }

  #countOf(feed: FeedIndex): Count {
    const known = this.#counts.get(feed)
    if (known !== undefined) return known
    const made = { rounds: 0, reasons: new Map<string, number>(), venues: new Map() }
    this.#counts.set(feed, made)
    return made
  }
}

function raise(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
