import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Promised } from '../../aggregator/effects.ts'
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
import type { Ecdsa } from './native.ts'
import { NoncePool } from './nonce-pool.ts'
import type { Promises } from './promises.ts'
import type { Secret } from './secret.ts'
import type { ShareOutcome, ShareRequest } from './share-vault.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './signer-messages.ts'

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

type Answer = (message: FromWorker) => void

/**
 * The one place that signs (protocol §2.4). It refuses, whatever the core asks: what was not
 * promised durably before, what contradicts a promise, and everything after a failed fsync.
 */
export class Signer implements Startable {
  readonly name = 'signer'
  readonly #options: SignerOptions
  readonly #dependencies: SignerDependencies
  readonly #pool = new NoncePool()
  readonly #calls = new Map<number, { answer: Answer; fail: (error: OracleError) => void }>()
  #nextCall = 0
  #worker: Worker | null = null

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
   * Starts the worker thread and moves the signing share into it.
   *
   * @throws {OracleError} `SHARE_MISMATCH` when the share is not this member's
   */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.#worker !== null) return
    signal.throwIfAborted()
    const { index, groupKey, spareNonces = 12 } = this.#options
    const setup: WorkerSetup = { groupKey, index, spareNonces }
    // The same extension as this file: sources run as they are, the package runs as JavaScript.
    const url = new URL(`./signer-worker${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(url, { workerData: setup, name: 'signer' })
    this.#worker = worker
    worker.on('error', (cause) => this.#fail(cause))
    worker.on('message', (message: FromWorker) => this.#onMessage(message))
    const isRight = await this.#load(worker)
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
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
    this.#failCalls(stopped())
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
    if (this.#worker === null) throw stopped()
    return await this.#pool.take(round, (ids) => this.#tell({ type: 'assign', round, ids }))
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
    const message = await this.#ask((call) => ({ type: 'sign', call, request }))
    if (message.type !== 'signed') throw stopped()
    return message.outcome
  }

  /** Combines shares in the worker thread. @throws {OracleError} `SIGNER_STOPPED` */
  async combine(session: SigningSession, shares: readonly Uint8Array[]): Promise<CombineOutcome> {
    const message = await this.#ask((call) => ({ type: 'combine', call, session, shares }))
    if (message.type !== 'combined') throw stopped()
    return message.outcome
  }

  /** Erases every nonce of rounds up to this one (protocol §6.9). */
  eraseNonces(upTo: Round): void {
    this.#pool.forget(upTo)
    if (this.#worker !== null) this.#tell({ type: 'erase', upTo })
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

  async #load(worker: Worker): Promise<boolean> {
    const { share } = this.#dependencies
    const copy = share.use((bytes) => Uint8Array.from(bytes))
    share.erase()
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    this.#calls.set(-1, {
      answer: (message) => resolve(message.type === 'loaded' && message.isRight),
      fail: reject,
    })
    // Transferred, not copied: this thread is left with an empty buffer.
    worker.postMessage({ type: 'load', share: copy } satisfies ToWorker, [copy.buffer])
    return await promise
  }

  #ask(messageOf: (call: number) => ToWorker): Promise<FromWorker> {
    const call = this.#nextCall++
    const { promise, resolve, reject } = Promise.withResolvers<FromWorker>()
    this.#calls.set(call, { answer: resolve, fail: reject })
    try {
      this.#tell(messageOf(call))
    } catch (error) {
      this.#calls.delete(call)
      throw error
    }
    return promise
  }

  #tell(message: ToWorker): void {
    if (this.#worker === null) throw stopped()
    this.#worker.postMessage(message)
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'nonce') {
      this.#pool.add(message)
      return
    }
    const call = message.type === 'loaded' ? -1 : message.call
    const waiting = this.#calls.get(call)
    this.#calls.delete(call)
    waiting?.answer(message)
  }

  #fail(cause: unknown): void {
    this.#worker = null
    this.#failCalls(stopped(cause))
    this.#dependencies.onFault(cause)
  }

  #failCalls(error: OracleError): void {
    for (const { fail } of this.#calls.values()) fail(error)
    this.#calls.clear()
    this.#pool.fail(error)
  }
}

function stopped(cause?: unknown): OracleError {
  return new OracleError(
    'SIGNER_STOPPED',
    'the signer does not run any more, so nothing is signed; start the node again',
    { cause },
  )
}
