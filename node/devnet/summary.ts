import { percentileOf } from '../../aggregator/statistics/percentile.ts'
import { type OptionView, optionShortcomings } from './option-desk.ts'
import type { Return } from './outage.ts'

/** How one round went at one node. */
export interface RoundAtNode {
  readonly round: number
  readonly path: 'fast' | 'proposed' | 'skipped'
  /**
   * From the nominal opening to the certificate at this node, in milliseconds; null when skipped.
   */
  readonly latencyMs: number | null
}

/** Count of rounds by how they ended; a round counts as certified when any node holds it. */
export interface RoundCounts {
  readonly opened: number
  readonly certified: number
  readonly fast: number
  readonly proposed: number
  readonly skipped: number
}

export interface Percentiles {
  readonly p50: number | null
  readonly p99: number | null
}

/** From the nominal opening of a round to its certificate. */
export interface Latencies {
  /** At the first node of each round. */
  readonly first: Percentiles
  /** Pooled over all nodes. */
  readonly all: Percentiles
}

export interface FeedOutcome {
  readonly id: string
  /** The committee's latest value and its round; decimal text in the feed's unit. */
  readonly value: string | null
  readonly round: number | null
  /** What a consumer contract reads through the facade, and the round it was reported in. */
  readonly onChainValue: string | null
  readonly onChainRound: number | null
  /** What the committee certified in that very round. */
  readonly certifiedValue: string | null
}

/** What a run of the local network did; the last line of `--json`. */
export interface Summary {
  readonly nodes: number
  readonly rounds: RoundCounts
  readonly latencyMs: Latencies
  /** What the members took to generate their key before that; null when a dealer made it. */
  readonly keygenMs: number | null
  /** From the start of the node processes to the first price that the consumer contract read. */
  readonly firstOnChainMs: number | null
  /** The spot feeds. */
  readonly feeds: readonly FeedOutcome[]
  /** What options implied, from the chains of the option venues. */
  readonly impliedVolatilities: readonly FeedOutcome[]
  /** What futures say of a tenor, and perpetuals of their funding; empty unless asked for. */
  readonly forwards: readonly FeedOutcome[]
  readonly fundingRates: readonly FeedOutcome[]
  /** Mean gas of the landed deliveries. */
  readonly gasPerUpdate: number | null
  readonly pids: readonly number[]
  readonly peerIds: readonly string[]
  readonly contract: string
  readonly txHashes: readonly string[]
  /** Shares in the journals of all nodes, and pairs of them that contradict each other. */
  readonly sharesSeen: number
  readonly conflicts: number
  /** Oracles that were killed in the middle, and when their share entered a certificate again. */
  readonly restarted: readonly Return[]
  /** What was traded on the option market; null when the run ended before it could price. */
  readonly option: OptionView | null
  /** Why trading ended before its time; null when it did not. */
  readonly optionFailure: string | null
}

export interface RoundRange {
  readonly from: number
  /** Inclusive. */
  readonly to: number
}

/** Merges what the nodes saw of the rounds in a range. */
export function countRounds(
  nodes: readonly (readonly RoundAtNode[])[],
  range: RoundRange,
): { readonly rounds: RoundCounts; readonly latencyMs: Latencies } {
  const firstMs: number[] = []
  const allMs: number[] = []
  let fast = 0
  let proposed = 0
  for (let round = range.from; round <= range.to; round++) {
    const seen = nodes.flatMap((rows) => rows.filter((row) => row.round === round))
    const certified = seen.filter((row) => row.path !== 'skipped')
    if (certified.length === 0) continue
    if (certified.some((row) => row.path === 'fast')) fast += 1
    else proposed += 1
    const latencies = certified.flatMap((row) => (row.latencyMs === null ? [] : [row.latencyMs]))
    allMs.push(...latencies)
    if (latencies.length > 0) firstMs.push(Math.min(...latencies))
  }
  const opened = range.to - range.from + 1
  const certified = fast + proposed
  return {
    rounds: { opened, certified, fast, proposed, skipped: opened - certified },
    latencyMs: { first: percentilesOf(firstMs), all: percentilesOf(allMs) },
  }
}

/** Nearest-rank percentiles; null without values. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const ascending = values.toSorted((a, b) => a - b)
  return { p50: percentileOf(ascending, 50), p99: percentileOf(ascending, 99) }
}

/** Every feed that a summary speaks of. */
export function feedsIn(summary: Summary): readonly FeedOutcome[] {
  const { feeds, impliedVolatilities, forwards, fundingRates } = summary
  return [...feeds, ...impliedVolatilities, ...forwards, ...fundingRates]
}

/** The usual reason on a machine of one's own, where all oracles share the processor. */
const BUSY_HINT = 'on a busy machine messages come late: try again when it is idle'

/** Why a run is not what it should be; empty when all is well. */
export function shortcomingsOf(summary: Summary, killed: number): readonly string[] {
  const { rounds } = summary
  const shortcomings: string[] = []
  const must = (holds: boolean, text: string) => {
    if (!holds) shortcomings.push(text)
  }
  const certifiedMin = killed === 0 ? 0.95 : 0.9
  must(
    rounds.certified >= certifiedMin * rounds.opened,
    `only ${rounds.certified} of ${rounds.opened} rounds were certified; ${BUSY_HINT}`,
  )
  must(
    killed > 0 || rounds.fast >= 0.9 * rounds.opened,
    `only ${rounds.fast} of ${rounds.opened} rounds took the fast path; ${BUSY_HINT}`,
  )
  must(summary.firstOnChainMs !== null, 'no price reached the chain')
  for (const feed of feedsIn(summary)) {
    must(feed.onChainValue !== null, `${feed.id} is not on chain`)
    must(
      feed.onChainValue === feed.certifiedValue,
      `${feed.id} on chain is not what was certified in round ${feed.onChainRound}`,
    )
  }
  for (const { node, signedAgainAt } of summary.restarted) {
    must(signedAgainAt !== null, `oracle-${node} did not sign again after its restart`)
  }
  shortcomings.push(...optionShortcomings(summary.option, summary.optionFailure))
  must(summary.conflicts === 0, `${summary.conflicts} conflicting shares were seen`)
  return shortcomings
}
