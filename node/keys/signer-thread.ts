import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OracleError } from '../errors.ts'
import type { Secret } from './secret.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './signer-messages.ts'

type Answer = (message: FromWorker) => void
type Made = Extract<FromWorker, { type: 'nonce' }>

export interface ThreadDependencies {
  readonly onNonce: (made: Made) => void
  /** The thread died by itself: nothing can be signed any more. */
  readonly onFault: (error: unknown) => void
}

/** The worker thread that holds the signing share, and the calls that wait for its answers. */
export class SignerThread {
  readonly #dependencies: ThreadDependencies
  readonly #calls = new Map<number, { answer: Answer; fail: (error: OracleError) => void }>()
  #nextCall = 0
  #worker: Worker | null = null

  constructor(dependencies: ThreadDependencies) {
    this.#dependencies = dependencies
  }

  get isRunning(): boolean {
    return this.#worker !== null
  }

  /** Starts the thread and moves the share into it; false when the share is not the member's. */
  async start(setup: WorkerSetup, share: Secret): Promise<boolean> {
    // The same extension as this file: sources run as they are, the package runs as JavaScript.
    const url = new URL(`./signer-worker${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(url, { workerData: setup, name: 'signer' })
    this.#worker = worker
    worker.on('error', (cause) => {
      this.#worker = null
      this.#failCalls(stopped(cause))
      this.#dependencies.onFault(cause)
    })
    worker.on('message', (message: FromWorker) => this.#onMessage(message))
    return await this.#load(worker, share)
  }

  /**
   * Asks the thread to end and waits for it. It is not terminated: that breaks into the native
   * addon, where the error it makes ends the whole process.
   */
  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    if (worker !== null) {
      const { promise: gone, resolve } = Promise.withResolvers<void>()
      worker.once('exit', () => resolve())
      worker.postMessage({ type: 'stop' } satisfies ToWorker)
      await gone
    }
    this.#failCalls(stopped())
  }

  /** @throws {OracleError} `SIGNER_STOPPED` */
  ask(messageOf: (call: number) => ToWorker): Promise<FromWorker> {
    const call = this.#nextCall++
    const { promise, resolve, reject } = Promise.withResolvers<FromWorker>()
    this.#calls.set(call, { answer: resolve, fail: reject })
    try {
      this.tell(messageOf(call))
    } catch (error) {
      this.#calls.delete(call)
      throw error
    }
    return promise
  }

  /** @throws {OracleError} `SIGNER_STOPPED` */
  tell(message: ToWorker): void {
    if (this.#worker === null) throw stopped()
    this.#worker.postMessage(message)
  }

  async #load(worker: Worker, share: Secret): Promise<boolean> {
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

  #onMessage(message: FromWorker): void {
    if (message.type === 'nonce') {
      this.#dependencies.onNonce(message)
      return
    }
    const call = message.type === 'loaded' ? -1 : message.call
    const waiting = this.#calls.get(call)
    this.#calls.delete(call)
    waiting?.answer(message)
  }

  #failCalls(error: OracleError): void {
    for (const { fail } of this.#calls.values()) fail(error)
    this.#calls.clear()
  }
}

export function stopped(cause?: unknown): OracleError {
  return new OracleError(
    'SIGNER_STOPPED',
    'the signer does not run any more, so nothing is signed; start the node again',
    { cause },
  )
}
