import type { MemberIndex, Members } from '../values/ids.ts'

/** Public result of key generation: what anyone needs to check shares and signatures. */
export interface GroupKey {
  /** Compressed group public key, 33 bytes. */
  readonly publicKey: Uint8Array
  /** Compressed verifying share of each member by index, 33 bytes each. */
  readonly verifyingShares: readonly Uint8Array[]
  /** Shares needed for a signature (t of protocol §1.4). */
  readonly threshold: number
}

/** One member's secret signing share: a scalar of 32 bytes. The core never holds one. */
export interface SigningShare {
  readonly index: MemberIndex
  readonly secret: Uint8Array
}

/** Secret half of one nonce pair; used once and erased. The core never holds one. */
export interface NonceSecret {
  readonly hiding: Uint8Array
  readonly binding: Uint8Array
}

/** Public half of one FROST nonce pair: two compressed points of 33 bytes. */
export interface NonceCommitment {
  readonly hiding: Uint8Array
  readonly binding: Uint8Array
}

/** Everything that one attempt to sign needs besides secrets. */
export interface SigningSession {
  /** The 32 bytes to sign (protocol §7). */
  readonly message: Uint8Array
  readonly signingSet: Members
  /** One for each member of the signing set, by ascending index. */
  readonly commitments: readonly NonceCommitment[]
}

export type CombineOutcome =
  | { readonly type: 'combined'; readonly signature: Uint8Array }
  /** Members whose share is wrong for this session, at least one. */
  | { readonly type: 'refused'; readonly culprits: Members }

/**
 * Threshold Schnorr signatures behind one interface: FROST in production, an ideal functionality
 * in long simulations. All functions are synchronous and deterministic; chance is an argument.
 */
export interface ThresholdScheme {
  readonly name: 'frost-secp256k1-sha256' | 'ideal'
  /** Makes a nonce pair from 64 fresh unpredictable bytes. */
  readonly commit: (
    share: SigningShare,
    chance: Uint8Array,
  ) => { readonly secret: NonceSecret; readonly commitment: NonceCommitment }
  /** Whether both commitments are points of the curve other than zero. */
  readonly isCommitment: (commitment: NonceCommitment) => boolean
  /**
   * Makes one share.
   *
   * @throws {RangeError} when a commitment of the session is no point, or the share's own
   * commitment is not in it
   */
  readonly sign: (
    groupKey: GroupKey,
    share: SigningShare,
    nonce: NonceSecret,
    session: SigningSession,
  ) => Uint8Array
  /** Combines shares (by ascending index), checks the result, and names culprits if it fails. */
  readonly combine: (
    groupKey: GroupKey,
    session: SigningSession,
    shares: readonly Uint8Array[],
  ) => CombineOutcome
  /** Checks a signature of 65 bytes over a message of 32 bytes. Never throws on input. */
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean
}
