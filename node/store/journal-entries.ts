import type { RoundPath } from '../../aggregator/effects.ts'
import type { FeedIndex, MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'

/** A gossip message as it was sent or received. */
export interface MessageEntry {
  readonly table: 'message'
  readonly round: Round
  readonly type: string
  /** Null for messages that have none. */
  readonly sender: MemberIndex | null
  /** Slot of a share, rank of a proposal; null otherwise. */
  readonly slot: number | null
  /** Digest of the body: two messages conflict when these differ. */
  readonly digest: Uint8Array
  /** What a share or a proposal is about; null otherwise. */
  readonly reportDigest: Uint8Array | null
  readonly bytes: Uint8Array
  readonly receivedMs: UnixMs
  readonly origin: 'self' | 'peer' | 'sync'
}

export interface CertificateEntry {
  readonly table: 'certificate'
  readonly round: Round
  readonly slot: number
  readonly path: RoundPath
  readonly bytes: Uint8Array
  /** Opening of its round by the committee's clock: what is old is told by it. */
  readonly openedMs: UnixMs
  readonly receivedMs: UnixMs
  /** The core says it is the best one held (protocol §4.3): kept apart, never rolled away. */
  readonly isBest: boolean
}

/** One for each accused member is kept, never rolled away. */
export interface EvidenceEntry {
  readonly table: 'evidence'
  readonly accused: MemberIndex
  readonly round: Round
  readonly bytes: Uint8Array
  readonly receivedMs: UnixMs
}

/** An event that entered the core or an effect that left it, in their order (protocol §10.4). */
export interface StepEntry {
  readonly table: 'step'
  /** Counts the entries of the process from 0: a missing one shows. */
  readonly number: number
  /** Checksum over all entries of the process up to this one; see replay/chain.ts. */
  readonly chain: number
  readonly nowMs: UnixMs
  /** The round that was open then. */
  readonly round: Round
  readonly kind: 'event' | 'effect'
  readonly type: string
  /** As its writer encoded it. */
  readonly body: Uint8Array
}

/** What became of a configuration: a start with it, or a reload. Few, and never rolled away. */
export interface ConfigEntry {
  readonly table: 'config'
  readonly atMs: UnixMs
  readonly outcome: 'started' | 'applied' | 'unchanged' | 'refused'
  /** `OK`, or why it was refused. */
  readonly code: string
  /** Of what the process ran with before; null at its start. */
  readonly digestBefore: string | null
  readonly digestAfter: string
  /** Paths that changed, or problems; no values. */
  readonly details: readonly string[]
}

/**
 * A certified value that a derived feed looks back to. The latest of each point is kept, for as
 * long as its feed needs it, and never rolled away.
 */
export interface PastEntry {
  readonly table: 'past'
  /** The derived feed, and the one that has the value. */
  readonly derived: FeedIndex
  readonly feed: FeedIndex
  readonly pointMs: UnixMs
  readonly openedMs: UnixMs
  readonly value: bigint
  /** What this feed has before is forgotten. */
  readonly keepFromMs: UnixMs
}

export type JournalEntry =
  | MessageEntry
  | CertificateEntry
  | EvidenceEntry
  | StepEntry
  | ConfigEntry
  | PastEntry

/** Limits of the journal on disk; reached, the oldest tenth of the history goes. */
export interface JournalLimits {
  /** Size of the file in bytes. */
  readonly bytesMax: number
  /** Age of the oldest entry against the newest certified round, in milliseconds. */
  readonly ageMsMax: number
}

/** Whose history it is: what a reader must know to make sense of it. */
export interface RunFacts {
  /** When the process started; separates its run from those before it. */
  readonly startedMs: UnixMs
  readonly member: MemberIndex
  /** 32 bytes (protocol §3). */
  readonly committeeDigest: Uint8Array
}

/** Given to the writer thread when it starts. */
export interface WriterSetup {
  readonly path: string
  readonly limits: JournalLimits
  readonly run: RunFacts
}

export type ToWriter =
  | { readonly type: 'write'; readonly batch: number; readonly entries: readonly JournalEntry[] }
  | { readonly type: 'close' }

export type FromWriter =
  | { readonly type: 'opened'; readonly run: number }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  | { readonly type: 'written'; readonly batch: number; readonly fileBytes: number }
  | {
      readonly type: 'lost'
      readonly batch: number
      readonly code: string
      readonly message: string
    }
  | { readonly type: 'closed' }

/** Bytes an entry weighs in memory, for limits; its small fields count a flat amount. */
export function weightOf(entry: JournalEntry): number {
  switch (entry.table) {
    case 'step':
      return 256 + entry.body.length
    case 'past':
      return 256
    case 'config':
      return entry.details.reduce((sum, text) => sum + 2 * text.length, 512)
    default:
      return 256 + entry.bytes.length
  }
}
