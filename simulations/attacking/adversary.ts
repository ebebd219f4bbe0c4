import type { Context } from '../../aggregator/context.ts'
import type {
  Certificate,
  DirectMessage,
  GossipMessage,
  MemberMessage,
  Verified,
} from '../../aggregator/messages/messages.ts'
import type { SigningSession } from '../../aggregator/signing/threshold.ts'
import type { State } from '../../aggregator/state/state.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import type { Prng } from '../determinism/prng.ts'

/** One copy of a message that a member under control lets go. */
export interface Copy {
  readonly message: Verified<GossipMessage>
  readonly from: MemberIndex
  readonly to: MemberIndex
  /** Held back for this long before it enters the link, in microseconds from 0. */
  readonly heldUs: number
  /**
   * World time at which it arrives, not before now, whatever the link does: the worst network for
   * everyone else. `heldUs` means nothing then.
   */
  readonly arriveUs?: number
}

/**
 * One way to attack (simulator §2). Members under control run the honest machine; an adversary
 * changes what leaves them, and may send anything else that they can sign, to whom and when it
 * likes. It sees every message of everyone at the moment it is sent. Several adversaries may
 * control the same members: each changes what the one before left.
 */
export interface Adversary {
  readonly name: string
  /**
   * What really leaves when a member under control sends a message; `planned` goes to all others.
   */
  readonly send?: (planned: readonly Copy[]) => readonly Copy[]
  /** Whether a point-to-point message of a member under control leaves. */
  readonly sendDirect?: (from: MemberIndex, message: DirectMessage) => boolean
  /** What a member under control claims to have observed instead of its honest values. */
  readonly observe?: (observed: {
    readonly member: MemberIndex
    readonly round: Round
    readonly values: readonly (bigint | null)[]
  }) => readonly (bigint | null)[]
  /** A message that anyone else just sent. */
  readonly see?: (message: Verified<GossipMessage>) => void
  /** A round opens by the true clock. */
  readonly roundOpened?: (round: Round) => void
}

/** What an adversary can do; bound to its members. */
export interface Powers {
  readonly context: Context
  /** Members under control. */
  readonly members: Members
  readonly prng: Prng
  readonly nowUs: () => number
  /** True time in the units of the core. */
  readonly nowMs: () => number
  /** State of a machine under control, for reading; null while it is down. */
  readonly stateOf: (member: MemberIndex) => State | null
  /** Signs a message as a member under control. @throws {RangeError} for anyone else */
  readonly sign: (message: MemberMessage) => Verified<MemberMessage>
  /** Sends a copy; it takes the link's own delay after `heldUs`. */
  readonly dispatch: (copy: Copy) => void
  /** Sends bytes that anyone made, also another member's own message, past the memory of gossip. */
  readonly replay: (from: MemberIndex, to: MemberIndex, bytes: Uint8Array) => void
  /** A share of a member under control on any session, as often as wanted. */
  readonly share: (about: {
    readonly member: MemberIndex
    readonly round: Round
    readonly slot: number
    readonly session: SigningSession
  }) => Uint8Array | null
  /** Combines shares in secret; null when they do not make a signature. */
  readonly combine: (
    certificate: Omit<Certificate, 'signature'>,
    shares: { readonly session: SigningSession; readonly shares: readonly Uint8Array[] },
  ) => Verified<Certificate> | null
  /** Ends the process of any member; it starts again after so long. */
  readonly suspend: (member: MemberIndex, forUs: number, disk: 'kept' | 'lost') => void
  /** Runs something later; it may look at the world again then. */
  readonly later: (afterUs: number, run: () => void) => void
}

/** An attack that a scenario can name. */
export interface Strategy {
  readonly name: string
  /** One line for the report: what it does and what it hopes for. */
  readonly summary: string
  readonly create: (powers: Powers) => Adversary
}
