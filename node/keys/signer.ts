import { randomBytes } from 'node:crypto'
import { invariant } from '../../aggregator/assert.ts'
import type { Context } from '../../aggregator/context.ts'
import type { HandoverLock } from '../../aggregator/handover/machine.ts'
import {
  digestOfStatement,
  type Signed,
  type Statement,
  sealStatement,
} from '../../aggregator/handover/statements.ts'
import { digestOfBody } from '../../aggregator/messages/codec.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { promiseOf, readClaim } from '../../aggregator/promises/promise.ts'
import type { NonceCommitment } from '../../aggregator/signing/threshold.ts'
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
import { SharesMade } from './shares-made.ts'

export interface SignerOptions {
  readonly context: Context
  /** The member that signs. */
  readonly index: MemberIndex
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

/**
 * The one place that signs (protocol §2.4). It refuses, whatever the core asks: what was not
 * promised durably before, what contradicts a promise, and everything after a failed fsync. It
 * signs no digest that it is given: each use of the identity key says of what bytes it is, and they
 * are read and hashed here (ADR 0124).
 */
export class Signer implements Startable {
  readonly name = 'signer'
  readonly #options: SignerOptions
  readonly #dependencies: SignerDependencies
  readonly #made = new SharesMade()
  #vaults: Vaults | null = null

  /** @throws {OracleError} `IDENTITY_MISMATCH` when the key is not the one the committee lists */
  constructor(options: SignerOptions, dependencies: SignerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    const { identity, ecdsa } = dependencies
    const own = identity.use((key) => ecdsa.publicKeyOf(key))
    const { context, index } = options
    const listed = context.committee.params.members[index]?.identityKey
    if (listed === undefined || !equalBytes(own, listed)) {
      throw new OracleError(
        'IDENTITY_MISMATCH',
        `the identity key is not that of member ${index}; name the right keystore`,
        { context: { member: index } },
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
    const { index, context } = this.#options
    const { groupKey } = context.committee
    const { share, ecdsa, promises } = this.#dependencies
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
    // An earlier process may have answered for these rounds; nothing here answers again.
    shares.erase(promises.watermark)
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
    const { round, slot, reportDigest } = request
    if (!promises.holds({ round, kind: 'share', digest: reportDigest })) {
      return { type: 'refused', code: 'NOT_PROMISED' }
    }
    const outcome = this.#running().shares.sign(request)
    if (outcome.type === 'signed') this.#made.add({ round, slot, share: outcome.share })
    return outcome
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
  signStatement(statement: Statement): Signed {
    const { context } = this.#options
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
   * Signs the canonical body of a message of this member with the identity key: 64 bytes, low-s.
   *
   * @throws {OracleError} `MESSAGE_NOT_OWN` for anything else, and for a share that was not made
   * here or left in another message; `MESSAGE_NOT_PROMISED`, `SIGNER_STOPPED`
   */
  signMessage(body: Uint8Array): Uint8Array {
    const { context, index } = this.#options
    const { promises, identity, ecdsa } = this.#dependencies
    if (promises.failure !== null) throw stopped(promises.failure)
    const claim = readClaim(context.committee, body)
    if (claim?.sender !== index) throw notOwn()
    const digest = digestOfBody(context, body)
    const promise = promiseOf(claim, digest)
    if (!promises.holds(promise)) throw notPromised(promise)
    if (claim.type === 'share' && !this.#made.bind(claim, digest)) throw notOwn()
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

function notOwn(): OracleError {
  return new OracleError(
    'MESSAGE_NOT_OWN',
    'the signer was asked to sign what is no message of this member and refuses; report it',
  )
}

function notPromised({ round, kind }: Promised): OracleError {
  return new OracleError(
    'MESSAGE_NOT_PROMISED',
    'the signer was asked to sign what is not promised on disk and refuses; report it',
    { context: { round, kind } },
  )
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
