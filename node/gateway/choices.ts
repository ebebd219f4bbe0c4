import type { Context } from '../../aggregator/context.ts'
import { UPDATE_FEEDS_MAX } from '../../aggregator/report/calldata.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'

export type FeedChoice =
  | { readonly type: 'chosen'; readonly feeds: readonly FeedIndex[] }
  | { readonly type: 'refused'; readonly code: 'FEED_UNKNOWN' | 'FEEDS_TOO_MANY' }

/** Reads which feeds a request asks for; their names and numbers are laid out once. */
export class FeedChoices {
  readonly #byName: ReadonlyMap<string, FeedIndex>

  constructor({ committee }: Pick<Context, 'committee'>) {
    const { feeds } = committee.params
    const numbers = feeds.map((_, index) => [String(index), index] as const)
    const names = feeds.map(({ name }, index) => [name, index] as const)
    // A feed whose name is a number goes by its name.
    this.#byName = new Map([...numbers, ...names])
  }

  /**
   * Feeds by name or index, comma-separated, in the committee's order and each once; none when the
   * text is missing or empty. More than `UPDATE_FEEDS_MAX` names are refused unread, repeated ones
   * counted.
   */
  of(names: string | undefined): FeedChoice {
    if (names === undefined || names === '') return { type: 'chosen', feeds: [] }
    const asked = names.split(',', UPDATE_FEEDS_MAX + 1)
    if (asked.length > UPDATE_FEEDS_MAX) return { type: 'refused', code: 'FEEDS_TOO_MANY' }
    const chosen = new Set<FeedIndex>()
    for (const name of asked) {
      const index = this.#byName.get(name)
      if (index === undefined) return { type: 'refused', code: 'FEED_UNKNOWN' }
      chosen.add(index)
    }
    return { type: 'chosen', feeds: [...chosen].toSorted((a, b) => a - b) }
  }
}
