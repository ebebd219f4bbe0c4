import {
  SOURCE_STATE_START,
  type SourceSample,
  type SourceState,
  sampleSources,
} from '../../aggregator/aggregation/node-value.ts'
import { type ReceivedQuote, succeedQuote } from '../../aggregator/aggregation/quote.ts'
import {
  pushedStands,
  quoteOf,
  type Stand,
  type StandOptions,
  settingsOf,
  standsOf,
} from './stands.ts'

/**
 * A node that an attacker runs for itself: it reaches every venue at once and has the rules of the
 * members, which are public.
 */
export interface ShadowNode {
  /**
   * What it makes of the venues as they are; it remembers whom it left out. Asked from the start
   * on, as members ask: what a venue repeats for long cannot be asked for later.
   */
  readonly look: (nowUs: number) => SourceSample
  /**
   * Value of the first feed that it would see, in the feed's decimals, were its markets off by just
   * these shares of the true price; null where it would have none. It remembers nothing of that.
   */
  readonly imagine: (moves: ReadonlyMap<string, number>, nowUs: number) => number | null
}

export function createShadowNode(options: StandOptions): ShadowNode {
  const settings = settingsOf(options)
  const { pushed = new Map() } = options
  const unpushed = standsOf({ ...options, pushed: new Map() })
  const stands = pushedStands(unpushed, pushed)
  let imagined: ReadonlyMap<string, number> = new Map()
  const moves = [...pushed.keys()].map((key) => [key, () => imagined.get(key) ?? 0] as const)
  // Of the same venues: no imagined push changes what one has begun to repeat.
  const imaginedStands = pushedStands(unpushed, new Map(moves))
  let state: SourceState = SOURCE_STATE_START

  const sample = (of: readonly Stand[], nowUs: number): SourceSample => {
    const { epochMs } = options
    const quotes = new Map<string, ReceivedQuote>()
    for (const stand of of) {
      const arrived = quoteOf(stand, { atUs: nowUs, epochMs })
      if (arrived !== null) quotes.set(stand.key, succeedQuote(null, arrived))
    }
    const nowMs = epochMs + Math.floor(nowUs / 1_000)
    return sampleSources(settings, { state, quotes, nowMs })
  }
  return {
    look: (nowUs) => {
      const seen = sample(stands, nowUs)
      state = seen.state
      return seen
    },
    imagine: (moves, nowUs) => {
      imagined = moves
      const value = sample(imaginedStands, nowUs).feeds[0]?.value ?? null
      return value === null ? null : Number(value)
    },
  }
}
