import type { Derivation } from '../committee/params.ts'
import type { UnixMs } from '../values/time.ts'
import type { FeedHistory, HistoryRules } from './feed-history.ts'

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
