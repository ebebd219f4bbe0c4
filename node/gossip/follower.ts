import { setTimeout as pauseFor } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import type { Host } from './host.ts'

export interface FollowerOptions {
  /** Multiaddrs, dialled until they are taken out. */
  readonly addresses: readonly string[]
  /** First wait after a failure or a lost connection, in milliseconds; it doubles. */
  readonly backoffMs: number
  readonly backoffMsMax: number
}

export interface FollowerDependencies {
  readonly host: Host
  /** A number in [0, 1) that spreads redials. */
  readonly chance: () => number
}

/** What keeps one connection. */
interface Loop {
  readonly leaving: AbortController
  readonly ended: Promise<void>
}

const ATTEMPT_MS = 5_000

/** Keeps one connection to each address that the operator named. */
export class Follower {
  readonly #options: FollowerOptions
  readonly #dependencies: FollowerDependencies
  #addresses: readonly string[]
  #isRunning = false
  readonly #loops = new Map<string, Loop>()
  readonly #ending = new Set<Promise<void>>()

  constructor(options: FollowerOptions, dependencies: FollowerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#addresses = options.addresses
  }

  start(): void {
    this.#isRunning = true
    this.follow(this.#addresses)
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    for (const address of [...this.#loops.keys()]) this.#leave(address)
    await Promise.all(this.#ending)
  }

  /** Follows these from now on: others are left and their connections ended, these stay. */
  follow(addresses: readonly string[]): void {
    this.#addresses = addresses
    if (!this.#isRunning) return
    for (const address of [...this.#loops.keys()]) {
      if (!addresses.includes(address)) this.#leave(address)
    }
    for (const address of addresses) {
      if (this.#loops.has(address)) continue
      const leaving = new AbortController()
      this.#loops.set(address, { leaving, ended: this.#follow(address, leaving.signal) })
    }
  }

  #leave(address: string): void {
    const loop = this.#loops.get(address)
    if (loop === undefined) return
    this.#loops.delete(address)
    loop.leaving.abort()
    this.#ending.add(loop.ended)
    void loop.ended.finally(() => this.#ending.delete(loop.ended))
  }

  async #follow(address: string, signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const reached = await this.#connection(address, signal)
      failures = reached ? 0 : failures + 1
      const { backoffMs, backoffMsMax } = this.#options
      const waitMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(failures, 20))
      const spreadMs = waitMs * (1 + this.#dependencies.chance() / 2)
      // Rejects when the loop is to end, and then it ends.
      await pauseFor(spreadMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** One connection from dial to end; false when there was none. */
  async #connection(address: string, signal: AbortSignal): Promise<boolean> {
    try {
      const attempt = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)])
      const connection = await this.#dependencies.host.dial(multiaddr(address), { signal: attempt })
      await new Promise<void>((resolve) => {
        connection.addEventListener('close', () => resolve(), { once: true })
        signal.addEventListener('abort', () => resolve(), { once: true })
        if (connection.status !== 'open' || signal.aborted) resolve()
      })
      if (signal.aborted) await connection.close()
      return true
    } catch {
      // Refused or silent: the number of peers shows it.
      return false
    }
  }
}
