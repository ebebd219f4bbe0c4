import { randomBytes } from 'node:crypto'
import { invariant } from '../../aggregator/assert.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Promised } from '../../aggregator/effects.ts'
import type { HandoverLock } from '../../aggregator/handover/machine.ts'
import {
  digestOfStatement,
  type Signed,
  type Statement,
  sealStatement,
} from '../../aggregator/handover/statements.ts'
import type { NonceCommitment } from '../../aggregator/messages/messages.ts'
import type { GroupKey } from '../../aggregator/signing/threshold.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import type { Doing } from '../later.ts'
import type { Startable } from '../lifecycle.ts'
import type { Ecdsa } from './ecdsa.ts'
import type { HandoverLocks } from './handover-locks.ts'
import { type HandoverOutcome, type HandoverRequest, HandoverVault } from './handover-vault.ts'
import { thresholdOf } from './native.ts'
import { NoncePool } from './nonce-pool.ts'
import type { Promises } from './promises.ts'
import type { Secret } from './secret.ts'
import { type ShareOutcome, type ShareRequest, ShareVault } from './share-vault.ts'

export interface SignerOptions {
  readonly index: MemberIndex
  readonly groupKey: GroupKey
  /** Compressed identity public key that the committee lists for this member. */
  readonly identityPublicKey: Uint8Array
}

export interface SignerDependencies {
  /** Secret identity key. Kept by the caller, who erases it after `stop`. */
  readonly identity: Secret
  /** Secret signing share; copied by `start`, which erases this one. */
  readonly share: Secret
  /** Opened by the caller; closed by `stop`. */
  readonly promises: Promises
  /** Which hand-over this member signs; without them it signs none. */
  readonly locks?: HandoverLocks
  readonly ecdsa: Ecdsa
  /** Runs work that no round waits for, soon; default: in a later turn of the event loop. */
  readonly later?: Doing
}

/** The signing share and its nonces, while the signer runs. */
interface Vaults {
  readonly shares: ShareVault
  readonly handovers: HandoverVault
  readonly pool: NoncePool
}

/** A message of ours to be signed with the identity key. */
export interface MessageToSign {
  readonly round: Round
  readonly kind: Promised['kind']
  /** Digest of the message's body; what was promised, except for `share`. */
  readonly digest: Uint8Array
}

/**
 * The one place that signs (protocol §2.4). It refuses, whatever the core asks: what was not
 * promised durably before, what contradicts a promise, and everything after a failed fsync.
 */
export class Signer implements Startable {
  readonly name = 'signer'
  readonly #options: SignerOptions
  readonly #dependencies: SignerDependencies
  #vaults: Vaults | null = null

  /** @throws {OracleError} `IDENTITY_MISMATCH` when the key is not the one the committee lists */
  constructor(options: SignerOptions, dependencies: SignerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    const { identity, ecdsa } = dependencies
    const own = identity.use((key) => ecdsa.publicKeyOf(key))
    if (!equalBytes(own, options.identityPublicKey)) {
      throw new OracleError(
        'IDENTITY_MISMATCH',
        `the identity key is not that of member ${options.index}; name the right keystore`,
        { context: { member: options.index } },
      )
    }
  }

  /**
   * Takes the signing share and makes the first nonces.
   *
   * @throws {OracleError} `SHARE_MISMATCH` when the share is not this member's
   */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.#vaults !== null) return
    signal.throwIfAborted()
    const { index, groupKey } = this.#options
    const { share, ecdsa } = this.#dependencies
    const secret = share.use((bytes) => Uint8Array.from(bytes))
    share.erase()
    if (!isShareOf(groupKey.verifyingShares[index], secret, ecdsa)) {
      secret.fill(0)
      await this.stop()
      throw shareMismatch(index)
    }
    const scheme = thresholdOf(ecdsa.implementation)
    const options = { scheme, groupKey, share: { index, secret } }
    const shares = new ShareVault(options, { random: randomBytes })
    const handovers = new HandoverVault(options, { random: randomBytes })
    const pool = new NoncePool(shares)
    pool.refill()
    this.#vaults = { shares, handovers, pool }
  }

  /** Erases the share and every nonce; then closes the promises. */
  async stop(): Promise<void> {
    this.#vaults?.handovers.erase()
    this.#vaults?.shares.close()
    this.#vaults = null
    await this.#dependencies.promises.close()
  }

  /** Highest round of any promise on disk; 0 if none. */
  get watermark(): Round {
    return this.#dependencies.promises.watermark
  }

  /** See `Promises.persist`. */
  persist(promise: Promised): Promise<void> {
    return this.#dependencies.promises.persist(promise)
  }

  /**
   * Commitments of the three slots of a round; the same ones when asked again. For a round whose
   * nonces were erased they are for show: no share will ever answer for them.
   *
   * @throws {OracleError} `SIGNER_STOPPED`
   */
  prepareNonces(round: Round): readonly [NonceCommitment, NonceCommitment, NonceCommitment] {
    return this.#running().pool.take(round)
  }

  /**
   * Makes this member's share of one signature, or refuses with a reason.
   *
   * @throws {OracleError} `SIGNER_STOPPED`
   */
  signShare(request: ShareRequest): ShareOutcome {
    const { promises } = this.#dependencies
    if (promises.failure !== null) throw stopped(promises.failure)
    const { round, reportDigest } = request
    if (!promises.holds({ round, kind: 'share', digest: reportDigest })) {
      return { type: 'refused', code: 'NOT_PROMISED' }
    }
    return this.#running().shares.sign(request)
  }

  /** Hand-overs that this member is locked to, one for each epoch, by its disk. */
  get handoverLocks(): readonly HandoverLock[] {
    return this.#dependencies.locks?.all ?? []
  }

  /** See `HandoverLocks.lock`. */
  async lockHandover(lock: HandoverLock): Promise<void> {
    const { locks } = this.#dependencies
    invariant(locks !== undefined, 'only a signer that keeps locks is asked for one')
    await locks.lock(lock)
  }

  /** Commitment of a nonce pair for one attempt to sign a hand-over (protocol §11.2). */
  commitHandover(attempt: number): NonceCommitment {
    return this.#running().handovers.commit(attempt)
  }

  /**
   * Makes this member's share of a hand-over, or refuses: without a durable lock for exactly this
   * one, whatever the core asks.
   *
   * @throws {OracleError} `SIGNER_STOPPED`
   */
  signHandover(request: HandoverRequest): HandoverOutcome {
    const { locks, promises } = this.#dependencies
    if (promises.failure !== null) throw stopped(promises.failure)
    const lock = { epoch: request.handover.epoch, message: request.session.message }
    if (locks?.holds(lock) !== true) return { type: 'refused', code: 'NOT_LOCKED' }
    return this.#running().handovers.sign(request)
  }

  /** Signs a statement of the agreement on a hand-over; its tag keeps it apart from all else. */
  signStatement(context: Context, statement: Statement): Signed {
    const { identity, ecdsa } = this.#dependencies
    const digest = digestOfStatement(context, statement)
    return sealStatement(
      context,
      statement,
      identity.use((key) => ecdsa.sign(digest, key)),
    )
  }

  /** Erases every nonce of rounds up to this one (protocol §6.9). */
  eraseNonces(upTo: Round): void {
    const { later = setImmediate } = this.#dependencies
    this.#vaults?.pool.forget(upTo)
    this.#vaults?.shares.erase(upTo)
    later(() => this.#vaults?.pool.refill())
  }

  /**
   * Signs a message with the identity key: 64 bytes, low-s.
   *
   * @throws {OracleError} `MESSAGE_NOT_PROMISED`, `SIGNER_STOPPED`
   */
  signMessage({ round, kind, digest }: MessageToSign): Uint8Array {
    const { promises, identity, ecdsa } = this.#dependencies
    if (promises.failure !== null) throw stopped(promises.failure)
    // The promise of a share is its report digest; the share itself exists once, by its nonce.
    const isPromised =
      kind === 'share' ? promises.holdsShare(round) : promises.holds({ round, kind, digest })
    if (!isPromised) {
      throw new OracleError(
        'MESSAGE_NOT_PROMISED',
        'the signer was asked to sign what is not promised on disk and refuses; report it',
        { context: { round, kind } },
      )
    }
    return identity.use((key) => ecdsa.sign(digest, key))
  }

  #running(): Vaults {
    if (this.#vaults === null) throw stopped()
    return this.#vaults
  }
}

function isShareOf(expected: Uint8Array | undefined, share: Uint8Array, ecdsa: Ecdsa): boolean {
  try {
    return expected !== undefined && equalBytes(ecdsa.publicKeyOf(share), expected)
  } catch {
    // No scalar at all.
    return false
  }
}

function shareMismatch(member: MemberIndex): OracleError {
  return new OracleError(
    'SHARE_MISMATCH',
    `the signing share is not that of member ${member} in this committee; name the right keystore`,
    { context: { member } },
  )
}

function stopped(cause?: unknown): OracleError {
  return new OracleError(
    'SIGNER_STOPPED',
    'the signer does not run any more, so nothing is signed; start the node again',
    { cause },
  )
}
