import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { FromWorker, PortData, ToWorker } from './public-port-messages.ts'

export type PublicPortOptions = PortData

export interface PublicPortDependencies {
  readonly log: Log
  readonly onPeers: (connected: number) => void
}

/** What strangers can make the thread hold; beyond it the thread ends, and only the thread. */
const HEAP_MIB_MAX = 256
const RESTART_MS = 5_000
const STOP_MS = 3_000

/**
 * Where strangers follow a member's certificates: a host of its own in a thread of its own, so that
 * whatever they send costs the member's rounds nothing (docs/adr/0013). Certificates go there;
 * nothing but counts comes back. A thread that ends is started again after a while.
 */
export class PublicPort implements Startable {
  readonly name = 'public port'
  readonly #options: PublicPortOptions
  readonly #dependencies: PublicPortDependencies
  #worker: Worker | null = null
  #restart: NodeJS.Timeout | undefined
  #isRunning = false
  /** Whether the thread still works on a certificate; then only the newest waits for it. */
  #isBusy = false
  #waiting: Uint8Array | null = null
  #addresses: readonly string[] = []

  constructor(options: PublicPortOptions, dependencies: PublicPortDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** Addresses with the real ports; empty before the start. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** @throws {OracleError} `PUBLIC_PORT_FAILED` */
  async start(signal: AbortSignal): Promise<void> {
    if (this.#isRunning) return
    signal.throwIfAborted()
    this.#isRunning = true
    const failure = await this.#launch()
    if (failure === null) return
    await this.stop()
    throw new OracleError(
      'PUBLIC_PORT_FAILED',
      `cannot open the public port: ${failure.message}; correct network.public.listen`,
      { context: { cause: failure.code } },
    )
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    clearTimeout(this.#restart)
    const worker = this.#worker
    this.#worker = null
    if (worker === null) return
    const gone = once(worker, 'exit')
    this.#send(worker, { type: 'stop' })
    const timer = setTimeout(() => void worker.terminate(), STOP_MS)
    await gone
    clearTimeout(timer)
  }

  /** Hands a certificate to the followers; while the thread is busy only the newest waits. */
  publish(bytes: Uint8Array): void {
    if (this.#worker === null || this.#isBusy) {
      this.#waiting = bytes
      return
    }
    this.#isBusy = true
    this.#send(this.#worker, { type: 'publish', bytes })
  }

  /** Resolves when the thread listens (null) or says why it cannot. */
  async #launch(): Promise<{ readonly code: string; readonly message: string } | null> {
    const url = new URL(`./public-port-worker${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(url, {
      workerData: this.#options,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    })
    const { promise, resolve } = Promise.withResolvers<{
      readonly code: string
      readonly message: string
    } | null>()
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'peers') this.#dependencies.onPeers(message.peers)
      if (message.type === 'published') this.#published()
      if (message.type === 'failed') resolve(message)
      if (message.type !== 'listening') return
      if (!this.#isRunning) {
        // Stopped while the thread was on its way.
        void worker.terminate()
        return resolve(null)
      }
      this.#addresses = message.addresses
      this.#worker = worker
      this.#published()
      this.#dependencies.log.info('public.listening', { addresses: message.addresses })
      resolve(null)
    })
    worker.on('error', (error) => {
      this.#dependencies.log.warn('public.thread.broke', { error })
      resolve({ code: 'PUBLIC_PORT_FAILED', message: error.message })
    })
    worker.once('exit', () => this.#ended(worker))
    const failure = await promise
    if (failure !== null) await worker.terminate()
    return failure
  }

  #published(): void {
    this.#isBusy = false
    const bytes = this.#waiting
    this.#waiting = null
    if (bytes !== null) this.publish(bytes)
  }

  #ended(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#dependencies.onPeers(0)
    if (!this.#isRunning) return
    this.#dependencies.log.warn('public.thread.ended', { restartMs: RESTART_MS })
    this.#scheduleRestart()
  }

  #scheduleRestart(): void {
    this.#restart = setTimeout(() => {
      void this.#launch().then((failure) => {
        if (failure !== null && this.#isRunning) this.#scheduleRestart()
      })
    }, RESTART_MS)
  }

  #send(worker: Worker, message: ToWorker): void {
    worker.postMessage(message)
  }
}
