import type { Hex } from 'viem'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import type { SignerFault } from '../keys/remote-signer.ts'

/** What the core's effect `transmit` asks for. */
export interface TransmitRequest {
  readonly certificate: Certificate
  readonly feeds: readonly FeedIndex[]
}

/** Why a transmission failed; each is explained in docs/errors.md. */
export type TransmitFailure =
  | 'TRANSMIT_FEE_OVER_CAP'
  | 'TRANSMIT_GAS_OVER_CAP'
  | 'TRANSMIT_REFUSED'
  | 'TRANSMIT_REORGED'
  | 'TRANSMIT_REVERTED'
  | 'TRANSMIT_STOPPED'
  | 'TRANSMIT_STUCK'
  | 'SPENDING_CEILING_REACHED'
  | 'WALLET_EMPTY'
  | 'RPC_NONE_USABLE'
  | 'RPC_ALL_FAILED'
  | SignerFault
  | 'TRANSMIT_BROKE'

/** How a transmission ended. */
export type Transmission =
  | {
      readonly outcome: 'landed'
      readonly round: Round
      readonly feeds: readonly FeedIndex[]
      readonly hash: Hex
      readonly blockNumber: number
      readonly gasUsed: bigint
      /** All that it cost, data fee included. */
      readonly feeWei: bigint
    }
  /** The chain has these feeds from this or a newer round, or a newer one took its place. */
  | { readonly outcome: 'superseded'; readonly round: Round }
  | {
      readonly outcome: 'failed'
      readonly round: Round
      readonly code: TransmitFailure
      /** What exactly, for the log: the name of a revert, the answer of an endpoint. */
      readonly detail: string
    }

/** Something worth counting or showing. */
export type TransmitterEvent =
  | {
      readonly type: 'sent'
      readonly round: Round
      readonly hash: Hex
      readonly nonce: number
      /** It takes the place of a pending one. */
      readonly isReplacement: boolean
    }
  | { readonly type: 'ended'; readonly transmission: Transmission }

/** A transmission that was asked for and has not ended. */
export interface Job {
  readonly request: TransmitRequest
  readonly askedMs: number
  readonly end: (transmission: Transmission) => void
}

/** Open jobs, by ascending round. A newer job takes in the feeds of those it supersedes. */
export class OpenJobs {
  #jobs: Job[] = []

  get newest(): Job | undefined {
    return this.#jobs.at(-1)
  }

  /** Every feed that an open job asks for, ascending. */
  get feeds(): readonly FeedIndex[] {
    const feeds = new Set(this.#jobs.flatMap((job) => job.request.feeds))
    return [...feeds].toSorted((a, b) => a - b)
  }

  /** False when a job of the same or a newer round is open already; then nothing changes. */
  add(job: Job): boolean {
    const newest = this.newest
    if (newest !== undefined && roundOf(newest) >= roundOf(job)) return false
    this.#jobs.push(job)
    return true
  }

  /** Takes out this job and those it supersedes; one that came in the meantime stays. */
  takeUpTo(job: Job): readonly Job[] {
    return this.take((other) => roundOf(other) <= roundOf(job))
  }

  /** Takes out the jobs for which the condition holds. */
  take(condition: (job: Job) => boolean): readonly Job[] {
    const taken = this.#jobs.filter(condition)
    this.#jobs = this.#jobs.filter((job) => !taken.includes(job))
    return taken
  }
}

/** Ends jobs of which the chain has everything, or a newer one takes the place. */
export function supersede(jobs: readonly Job[]): void {
  for (const job of jobs) job.end({ outcome: 'superseded', round: roundOf(job) })
}

export function roundOf(job: Job): Round {
  return job.request.certificate.round
}
