import { setTimeout as pauseFor } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import type { Host } from './host.ts'

export interface FollowerOptions {
  /** Multiaddrs, dialled for ever. */
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

const ATTEMPT_MS = 5_000

/** Keeps one connection to each address that the operator named. */
export class Follower {
  readonly #options: FollowerOptions
  readonly #dependencies: FollowerDependencies
  #stopping = new AbortController()
  #loops: readonly Promise<void>[] = []

  constructor(options: FollowerOptions, dependencies: FollowerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  start(): void {
    if (this.#loops.length > 0) return
    this.#stopping = new AbortController()
    this.#loops = this.#options.addresses.map((address) => this.#follow(address))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#loops)
    this.#loops = []
  }

  async #follow(address: string): Promise<void> {
    const { signal } = this.#stopping
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
      return true
    } catch {
      // Refused or silent: the number of peers shows it.
      return false
    }
  }
}
