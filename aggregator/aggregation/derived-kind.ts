import type { DurationMs, UnixMs } from '../values/time.ts'
import type { FeedHistory, HistoryRules } from './feed-history.ts'

/**
 * From which feed and how a derived feed is computed; a committee parameter (protocol §3). What
 * options, futures and perpetuals say is made of no certificates, but is about another feed all the
 * same.
 */
export interface Derivation {
  /** Name of the feed whose certified values it is made of, or whose market it is about. */
  readonly of: string
  /**
   * How far back it looks; of a volatility or forward how far ahead, its tenor; of a funding rate
   * the time for which it would be paid.
   */
  readonly windowMs: DurationMs
  /** Distance of the points at which it looks; null where every certified round counts. */
  readonly stepMs: DurationMs | null
}

export interface Asked {
  readonly derivation: Derivation
  /** Opening of the round that is observed; certificates of that round and later do not count. */
  readonly endMs: UnixMs
  /** Of the derived feed. */
  readonly decimals: number
  /** Lower bound of the derived feed. */
  readonly valueMin: bigint
}

/**
 * A kind of feed that a node observes without asking a venue: from certificates that it holds, or
 * from the parameters. Pure; two nodes that hold the same certificates observe the same value.
 */
export interface DerivedKind {
  /** What must be remembered of the other feed; null for a kind that looks at none. */
  readonly rulesOf: (derivation: Derivation) => HistoryRules | null
  /** Whether a value of the other feed means anything here; left out when each does. */
  readonly admits?: (value: bigint) => boolean
  /** In the derived feed's decimals; null when it is absent. */
  readonly valueOf: (history: FeedHistory, asked: Asked) => bigint | null
}
