import type { FeedOnChain } from '../aggregator/delivery/due.ts'
import type { Effect } from '../aggregator/effects.ts'
import type { Event } from '../aggregator/events.ts'
import type { HandoverEffect, HandoverLock } from '../aggregator/handover/machine.ts'
import type { Signed, Statement } from '../aggregator/handover/statements.ts'
import type {
  Certificate,
  DirectMessage,
  Evidence,
  GossipMessage,
  MemberMessage,
  Unsigned,
  Verified,
} from '../aggregator/messages/messages.ts'
import type { Promised } from '../aggregator/promises/promise.ts'
import type { NonceCommitment } from '../aggregator/signing/threshold.ts'
import type { MemberIndex, Round } from '../aggregator/values/ids.ts'

/** One kind of effect. */
export type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>

/** At once from a signer of this process, later from one in a process of its own. */
type Awaitable<T> = T | Promise<T>
type Commitments = readonly [NonceCommitment, NonceCommitment, NonceCommitment]

/** The keys of one member; holds every secret that the machine must not see (protocol §2.4). */
export interface SignerPort {
  /**
   * Resolves when the promise is on disk, or was refused because a later one stands there; rejects
   * when nobody knows what the disk holds: then nothing may be revealed any more.
   */
  readonly persist: (promise: Promised) => Promise<void>
  /** Identity signature of 64 bytes, low s; null when what it would reveal is not promised. */
  readonly signMessage: (message: Unsigned<MemberMessage>) => Awaitable<Uint8Array | null>
  /** Null when the signer refuses or is away: the node observes nothing in this round. */
  readonly commitments: (round: Round) => Awaitable<Commitments | null>
  /** Null when the signer refuses. */
  readonly signShare: (request: EffectOf<'signShare'>) => Awaitable<Uint8Array | null>
  readonly eraseNonces: (upTo: Round) => void
}

/**
 * The keys of one member, for the agreement on a hand-over (protocol §11.2). Null: the signer
 * refuses or is away. What rejects has broken the signer: nothing may be revealed any more.
 */
export interface HandoverSignerPort {
  /** What this member is locked to, by the signer's disk. */
  readonly locks: () => readonly HandoverLock[]
  /** Commitment of a fresh nonce pair; the pair before it is erased. */
  readonly commit: (attempt: number) => Promise<NonceCommitment | null>
  /** `locked` when it is durable; a signer that is `away` may be asked again. */
  readonly lock: (lock: HandoverLock) => Promise<'locked' | 'refused' | 'away'>
  readonly signShare: (
    request: Extract<HandoverEffect, { readonly type: 'signShare' }>,
  ) => Promise<Uint8Array | null>
  readonly signStatement: (statement: Statement) => Promise<Signed | null>
}

/** What the node's own sources say now. */
export interface SourcesPort {
  readonly sampleFeeds: () => {
    readonly values: readonly (bigint | null)[]
    readonly sourceCommitment: Uint8Array
  }
}

export interface NetworkPort {
  readonly publish: (message: Verified<GossipMessage>) => void
  /** A lost message is no failure. */
  readonly send: (to: MemberIndex, message: DirectMessage) => void
}

/** One contract that this node delivers to. */
export interface TargetPort {
  readonly name: string
  readonly readFeeds: () => Promise<readonly FeedOnChain[]>
  /** Resolves when the transmission ended one way or another. */
  readonly transmit: (request: EffectOf<'transmit'>) => Promise<'landed' | 'superseded' | 'failed'>
}

/** Keeps what the next start needs, and history; a failure here costs history, not safety. */
export interface StorePort {
  readonly keepCertificate: (certificate: Verified<Certificate>) => void
  readonly keepEvidence: (evidence: Verified<Evidence>) => void
}

/** Sees every event before and every effect after its step; must not throw or report events. */
export interface Observer {
  readonly onEvent?: (event: Event) => void
  readonly onEffect?: (effect: Effect) => void
}
