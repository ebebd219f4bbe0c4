import type { Quantiles, Share } from '../../aggregator/statistics/figures.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'

/** One delivery that a dry run would have sent. */
export interface DryDeliveryView {
  readonly target: string
  readonly round: Round
  readonly feeds: number
  /** `OK`, or what would have stood in the way (docs/errors.md). */
  readonly code: string
  readonly detail: string
  /** Null when something would have stood in the way. */
  readonly gasMax: number | null
  readonly costEtherMax: string | null
}

/** One chain as a dry run sees it. */
export interface DryTargetView {
  readonly target: string
  readonly chainId: number
  readonly contract: string
  /** Null when its address is not known, so that nothing is said of its funds. */
  readonly wallet: string | null
  readonly balanceEther: string | null
  readonly balanceEtherMin: string
  readonly spentEther: string
  readonly endpoints: readonly {
    readonly endpoint: string
    readonly fault: string | null
    readonly detail: string | null
  }[]
  /** Why the contract or the chain cannot be used; null when nothing is known to be wrong. */
  readonly fault: { readonly code: string; readonly detail: string } | null
  /** Whether the contract was asked for its committee, and knows this one. */
  readonly isContractKnown: boolean
  /** Deliveries that would have been sent, and those that something stood in the way of. */
  readonly priced: number
  readonly hindered: number
  /** All that those deliveries may have cost. */
  readonly costEtherMax: string
  readonly last: DryDeliveryView | null
}

/** How this node's values of one feed compare with the certified ones, in the newest 512 rounds. */
export interface DryFeedView {
  readonly feed: string
  readonly absent: Share
  readonly outliers: Share
  readonly distanceBps: Quantiles | null
}

/** What a dry run has found so far. */
export interface DryRunView {
  /** The seat whose turns to deliver it plays. */
  readonly seat: MemberIndex
  /** Addresses that it follows; none means that nothing is compared with certificates. */
  readonly followed: number
  /** Whoever it is connected to on the public topic. */
  readonly connected: number
  /** Certificates that were checked and taken, and messages that were refused. */
  readonly certificates: number
  readonly refused: number
  /** Rounds that opened since the first certificate, and those of them that were certified. */
  readonly rounds: Share
  /** Arrival of a certificate less its timestamp, by this clock; null before the first. */
  readonly certificateAgeMs: {
    readonly min: DurationMs
    readonly p50: DurationMs
    readonly max: DurationMs
  } | null
  readonly feeds: readonly DryFeedView[]
  readonly targets: readonly DryTargetView[]
}
