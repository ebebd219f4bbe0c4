import type {
  Certificate,
  Digest,
  DirectMessage,
  Evidence,
  MemberMessage,
  OpenMessage,
  Unsigned,
  Verified,
} from './messages/messages.ts'
import type { Promised } from './promises/promise.ts'
import type { SigningSession } from './signing/threshold.ts'
import type { FeedIndex, MemberIndex, Members, Round } from './values/ids.ts'
import type { UnixMs } from './values/time.ts'

/** How a round ended at this node. */
export type RoundPath = 'fast' | 'proposed'

/**
 * What the host must do, in the order given. A host performs each effect completely (for `persist`:
 * durable on disk) before the next effect of the same step can be seen by anyone else.
 */
export type Effect =
  /** Append to the signer's promises file and make it durable (fdatasync). */
  | { readonly type: 'persist'; readonly promise: Promised }
  /**
   * Sign with the identity key, publish on the protocol topic, feed back as `received` from self.
   */
  | { readonly type: 'broadcast'; readonly message: Unsigned<MemberMessage> }
  /**
   * Publish a message that carries its own proof: evidence on protocol, certificates on reports.
   */
  | { readonly type: 'publish'; readonly message: Verified<OpenMessage> }
  /** Send to one member over a direct stream; may be lost. */
  | { readonly type: 'send'; readonly to: MemberIndex; readonly message: DirectMessage }
  /** One alarm at most: a new one replaces the old. May lie in the past; then it fires at once. */
  | { readonly type: 'setAlarm'; readonly atMs: UnixMs }
  /** Answer with `sampled` at once: local values as of now, nonce commitments for the round. */
  | { readonly type: 'sample'; readonly round: Round }
  /** Ask the signer for a FROST share; answered by `shareSigned`. */
  | {
      readonly type: 'signShare'
      readonly round: Round
      readonly slot: number
      readonly reportDigest: Digest
      /** With it the signer recomputes the message of the session (§7), and signs no other. */
      readonly expectedNext: Members
      readonly session: SigningSession
    }
  /** Combine shares; answered by `combined` with the same attempt. */
  | {
      readonly type: 'combine'
      readonly round: Round
      readonly attempt: number
      readonly session: SigningSession
      /** By ascending member index of the signing set. */
      readonly shares: readonly Uint8Array[]
    }
  /** Erase every nonce of rounds up to this one (§6.9, §10.2). */
  | { readonly type: 'eraseNonces'; readonly upTo: Round }
  /** The first certificate of a round is held: show it, serve it, count it. */
  | {
      readonly type: 'certified'
      readonly certificate: Verified<Certificate>
      readonly path: RoundPath
    }
  /** The best certificate changed (§4.3): keep it durably for the next start. */
  | { readonly type: 'keepCertificate'; readonly certificate: Verified<Certificate> }
  /** A member was convicted: keep the evidence durably for the next start. */
  | { readonly type: 'keepEvidence'; readonly evidence: Verified<Evidence> }
  /** The round ended without a certificate here. */
  | { readonly type: 'skipped'; readonly round: Round }
  /** Read the feeds of a target contract; answered by `chainRead`. */
  | { readonly type: 'readChain'; readonly target: string }
  /** Send the certificate with these feeds to the target; answered by `transmitted`. */
  | {
      readonly type: 'transmit'
      readonly target: string
      readonly certificate: Verified<Certificate>
      readonly feeds: readonly FeedIndex[]
    }
  /** Something an operator or researcher wants to count; changes nothing. */
  | {
      readonly type: 'note'
      readonly code: NoteCode
      readonly round: Round
      readonly members: Members
    }
  /** Stop the process: going on would be unsafe (§9.3). */
  | { readonly type: 'halt'; readonly code: 'KEY_RUNS_TWICE' }

export type NoteCode =
  /** A member was convicted by evidence. */
  | 'MEMBER_CONVICTED'
  /** f+1 members are two rounds ahead: this node's clock is wrong (§4.2). */
  | 'CLOCK_BEHIND'
  /** The clock agrees again; if it was behind, a new barrier follows. */
  | 'CLOCK_AGREES'
  /** The clock passed over many rounds, and nothing shows yet that it is right (§4.6). */
  | 'CLOCK_DOUBTED'
  /** f+1 members speak in rounds that a doubted clock has left behind: it is ahead. */
  | 'CLOCK_CONTRADICTED'
  /** Others run, and none speaks, so a doubted clock is believed; members holds them. */
  | 'CLOCK_UNCONTRADICTED'
  /** A valid proposal was judged unsignable; members holds the proposer. */
  | 'PROPOSAL_REFUSED'
  /** Members that did not answer a signable proposal naming them. */
  | 'SHARE_MISSING'
  /** Members whose share did not fit its session. */
  | 'SHARE_INVALID'
  /** An observation whose timestamp lies outside the window; members holds its sender. */
  | 'OBSERVATION_UNTIMELY'
