import type { Address } from 'viem'
import type { QuoteBook } from '../../aggregator/aggregation/node-price.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { CommitteeFile, CommitteeToBe } from '../config/committee-file.ts'
import type { NodeConfig } from '../config/schema.ts'
import type { Terminal } from '../keys/passphrase.ts'
import type { AskingDependencies } from '../sources/open-venue.ts'
import type { ClockReading } from './clock-reading.ts'
import type { Finding } from './finding.ts'

/** What checks found out that other checks need. */
export interface Facts {
  readonly config: NodeConfig
  /** Null when there is no readable committee file yet. */
  readonly committee: CommitteeToBe | null
  /** The committee that hands over to this one; null for a first one. */
  readonly predecessor: CommitteeFile | null
  /** Those of the committee; before there is one, what the configuration has sources for. */
  readonly feeds: readonly FeedParams[]
  /** Whose identity key was opened; null when none was, or no member's. */
  readonly self: MemberIndex | null
  /** Address of the opened transmitter key, or of the one that a remote signer should have. */
  readonly wallet: Address | null
  /** A process holds the data directory. */
  readonly isHeld: boolean
  /** What venues answered. */
  readonly quotes: QuoteBook
  /** What others said of the time. */
  readonly readings: readonly ClockReading[]
}

/** What a check takes from the machine. */
export interface Tools extends Pick<AskingDependencies, 'clock' | 'lookup' | 'sleep' | 'jitter'> {
  readonly clock: { readonly nowMs: () => UnixMs }
  readonly terminal: Terminal
  /** Aborts when the time is over or the operator stops it. */
  readonly signal: AbortSignal
}

export interface Outcome {
  readonly findings: readonly Finding[]
  readonly facts?: Partial<Facts>
}

/** One thing an operator can get wrong. */
export interface Check {
  readonly name: string
  /** What it asks: this machine alone, or others over the network. */
  readonly reach: 'machine' | 'network'
  /** Never rejects for what it finds: that is a finding. */
  readonly examine: (facts: Facts, tools: Tools) => Promise<Outcome>
}
