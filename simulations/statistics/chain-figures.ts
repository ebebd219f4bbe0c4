import type { Round } from '../../aggregator/values/ids.ts'
import { Bins, POINTS_MAX } from './bins.ts'
import type { LatencySummary } from './histogram.ts'

/** What a run shows of the chain that it delivers to. */
export interface ChainFigures {
  readonly blocks: number
  /** Blocks of which others asked for more than they hold. */
  readonly fullBlocks: number
  readonly reorgs: number
  /** Transactions in blocks that stand, and what was lost outside of them. */
  readonly transactions: {
    readonly stored: number
    /** Of these: no feed was due any more against what the contract held. */
    readonly needless: number
    /** Reverted: another delivery was first. */
    readonly lostToRace: number
    /** Reverted for another reason. */
    readonly refused: number
    /** Taken out of a block by a reorganisation. */
    readonly undone: number
    readonly evicted: number
  }
  /** How transmissions of members ended for them. */
  readonly transmissions: Readonly<Record<'landed' | 'superseded' | 'failed', number>>
  /** From the first honest member's certificate of a round to the block that stored it. */
  readonly certifiedToChainMs: LatencySummary
  /** From when a feed became due to the block that stored it. */
  readonly dueToChainMs: LatencySummary
  /** How old the value on chain is, of all feeds, once each was reported. */
  readonly age: {
    readonly meanMs: number | null
    readonly maxMs: number | null
    /** Share of the time in which it is above the feed's heartbeat, from 0 to 1. */
    readonly aboveHeartbeat: number | null
  }
  readonly gas: {
    readonly used: number
    readonly feeGwei: number
    /** By member. */
    readonly usedBy: readonly number[]
    readonly feeGweiBy: readonly number[]
  }
  readonly timeline: readonly ChainBucket[]
}

/** Consecutive rounds in one point of a plot, of the first feed. */
export interface ChainBucket {
  round: Round
  rounds: number
  /** Null before the first report. */
  ageMsMax: number | null
  /** On chain, in whole units of the feed. */
  valueLow: number | null
  valueHigh: number | null
  baseFeeGweiMax: number
}

/** Collects rounds of a chain into a bounded number of points. */
export function chainTimeline(): Bins<ChainBucket> {
  return new Bins<ChainBucket>(POINTS_MAX, (into, other) => {
    into.ageMsMax = highest(into.ageMsMax, other.ageMsMax)
    into.valueHigh = highest(into.valueHigh, other.valueHigh)
    const [low, otherLow] = [into.valueLow, other.valueLow]
    into.valueLow = low === null || otherLow === null ? (low ?? otherLow) : Math.min(low, otherLow)
    into.baseFeeGweiMax = Math.max(into.baseFeeGweiMax, other.baseFeeGweiMax)
  })
}

function highest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}
