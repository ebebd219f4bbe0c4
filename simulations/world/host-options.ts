import type { VenueCode } from '../../aggregator/aggregation/node-price.ts'
import type { ValueAbsence } from '../../aggregator/aggregation/node-value.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Event } from '../../aggregator/events.ts'
import type { createMachine } from '../../aggregator/machine.ts'
import type { DirectMessage, GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { FeedIndex, MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { Prng } from '../determinism/prng.ts'
import type { Wallet } from './chain/wallet.ts'
import type { Clock } from './clock.ts'
import type { Envelope } from './envelope.ts'
import type { Watcher } from './facts.ts'
import type { Keys } from './keys.ts'
import type { createSigner } from './signer.ts'

/** What a member's sources say now. */
export interface Sampled {
  readonly values: readonly (bigint | null)[]
  readonly sourceCommitment: Uint8Array
  /** Why there is no value of a feed; a feed with one has none. */
  readonly absences: readonly Absence[]
}

/** Why a member has no value of a feed. */
export interface Absence {
  readonly feed: FeedIndex
  readonly reason: ValueAbsence
  /** What kept venues out, each once; empty where all of them had a say. */
  readonly venues: readonly VenueCode[]
}

/** Time that cryptography takes, in microseconds; 0 answers within the same instant. */
export interface WorkOptions {
  readonly signUs: number
  readonly combineUs: number
}

export interface HostOptions {
  readonly context: Context
  readonly keys: Keys
  readonly member: MemberIndex
  readonly work: WorkOptions
}

/** Everything of the world that one member touches. */
export interface HostDependencies {
  readonly clock: Clock
  readonly nowUs: () => number
  readonly later: (afterUs: number, run: () => void) => void
  /** Plans an alarm at a world time; the host tells stale ones apart by the token. */
  readonly planAlarm: (atUs: number, token: number) => void
  readonly sample: (round: Round) => Sampled
  /** Returns what this member's own machine takes: another message under an adversary. */
  readonly publish: (message: Verified<GossipMessage>) => Verified<GossipMessage>
  readonly send: (to: MemberIndex, message: DirectMessage) => void
  /** Null in a world without a chain. */
  readonly wallet: Wallet | null
  readonly chance: Prng
  readonly watch: Watcher
  readonly traceEvent: (event: Event, envelope: Envelope | null) => void
  readonly createMachine: typeof createMachine
  readonly createSigner: typeof createSigner
}
