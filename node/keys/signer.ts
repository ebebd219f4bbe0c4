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
import type {
  CombineOutcome,
  GroupKey,
  SigningSession,
} from '../../aggregator/signing/threshold.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { HandoverLocks } from './handover-locks.ts'
import type { HandoverOutcome, HandoverRequest } from './handover-vault.ts'
import type { Ecdsa } from './native.ts'
import { NoncePool } from './nonce-pool.ts'
import type { Promises } from './promises.ts'
import type { Secret } from './secret.ts'
import type { ShareOutcome, ShareRequest } from './share-vault.ts'
import { SignerThread, stopped } from './signer-thread.ts'

export interface SignerOptions {
  readonly index: MemberIndex
  readonly groupKey: GroupKey
  /** Compressed identity public key that the committee lists for this member. */
  readonly identityPublicKey: Uint8Array
  /** Nonce pairs kept ready; a round takes three; default 12. */
  readonly spareNonces?: number
}

export interface SignerDependencies {
  /** Secret identity key. Kept by the caller, who erases it after `stop`. */
  readonly identity: Secret
  /** Secret signing share; moved into the worker thread and erased here. */
  readonly share: Secret
  /** Opened by the caller; closed by `stop`. */
  readonly promises: Promises
  /** Which hand-over this member signs; without them it signs none. */
  readonly locks?: HandoverLocks
  readonly ecdsa: Ecdsa
  /** The worker thread died by itself: nothing can be signed any more. */
  readonly onFault: (error: unknown) => void
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
  readonly #pool = new NoncePool()
  readonly #thread: SignerThread

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
    this.#thread = new SignerThread({
      onNonce: (made) => this.#pool.add(made),
      onFault: (cause) => {
        this.#pool.fail(stopped(cause))
        dependencies.onFault(cause)
      },
    })
  }

  /**
   * Starts the worker thread and moves the signing share into it.
   *
   * @throws {OracleError} `SHARE_MISMATCH` when the share is not this member's
   */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.#thread.isRunning) return
    signal.throwIfAborted()
    const { index, groupKey, spareNonces = 12 } = this.#options
    const { implementation } = this.#dependencies.ecdsa
    const setup = { groupKey, index, implementation, spareNonces }
    const isRight = await this.#thread.start(setup, this.#dependencies.share)
    if (isRight) return
    await this.stop()
    throw new OracleError(
      'SHARE_MISMATCH',
      `the signing share is not that of member ${index} in this committee; name the right keystore`,
      { context: { member: index } },
    )
  }

  /** Ends the thread, and with it every nonce; then closes the promises. */
  async stop(): Promise<void> {
    const ended = this.#thread.stop()
    // At once: nonces that are still on their way must not be given to rounds.
    this.#pool.fail(stopped())
    await ended
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
  async prepareNonces(
    round: Round,
  ): Promise<readonly [NonceCommitment, NonceCommitment, NonceCommitment]> {
    if (!this.#thread.isRunning) throw stopped()
    return await this.#pool.take(round, (ids) => this.#thread.tell({ type: 'assign', round, ids }))
  }

  /**
   * Makes this member's share of one signature, or refuses with a reason.
   *
   * @throws {OracleError} `SIGNER_STOPPED`
   */
  async signShare(request: ShareRequest): Promise<ShareOutcome> {
    const { promises } = this.#dependencies
    if (promises.failure !== null) throw stopped(promises.failure)
    const { round, reportDigest } = request
    if (!promises.holds({ round, kind: 'share', digest: reportDigest })) {
      return { type: 'refused', code: 'NOT_PROMISED' }
    }
    const message = await this.#thread.ask((call) => ({ type: 'sign', call, request }))
    if (message.type !== 'signed') throw stopped()
    return message.outcome
  }

  /** Combines shares in the worker thread. @throws {OracleError} `SIGNER_STOPPED` */
  async combine(session: SigningSession, shares: readonly Uint8Array[]): Promise<CombineOutcome> {
    const message = await this.#thread.ask((call) => ({ type: 'combine', call, session, shares }))
    if (message.type !== 'combined') throw stopped()
    return message.outcome
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
  async commitHandover(attempt: number): Promise<NonceCommitment> {
    const message = await this.#thread.ask((call) => ({ type: 'commitHandover', call, attempt }))
    if (message.type !== 'handoverCommitted') throw stopped()
    return message.commitment
  }

  /**
   * Makes this member's share of a hand-over, or refuses: without a durable lock for exactly this
   * one, whatever the core asks.
   *
   * @throws {OracleError} `SIGNER_STOPPED`
   */
  async signHandover(request: HandoverRequest): Promise<HandoverOutcome> {
    const { locks, promises } = this.#dependencies
    if (promises.failure !== null) throw stopped(promises.failure)
    const lock = { epoch: request.handover.epoch, message: request.session.message }
    if (locks?.holds(lock) !== true) return { type: 'refused', code: 'NOT_LOCKED' }
    const message = await this.#thread.ask((call) => ({ type: 'signHandover', call, request }))
    if (message.type !== 'handoverSigned') throw stopped()
    return message.outcome
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
    this.#pool.forget(upTo)
    if (this.#thread.isRunning) this.#thread.tell({ type: 'erase', upTo })
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
}
