import type { PublicClient } from 'viem'
import type { Log } from '../logging.ts'
import type { Endpoint } from './endpoint.ts'
import { describeRpcError, endpointsOf, isRpcRefusal } from './endpoint.ts'
import type { EndpointStatus } from './rpc.ts'

/** Relays by their addresses; names say that they are sent to, and are unique. */
export function relaysOf(
  sendUrls: readonly string[],
  options: { readonly timeoutMs: number },
): readonly Endpoint[] {
  return endpointsOf(sendUrls, options).map(({ name, client }) => ({
    name: `send:${name}`,
    client,
  }))
}

/**
 * Endpoints that transactions are sent to and nothing else is asked of. None has a vote on
 * anything, so they are not compared: one that is away is named, and tried again the next time.
 */
export class Relays {
  #endpoints: readonly Endpoint[]
  readonly #log: Log
  readonly #failures = new Map<string, string>()

  constructor(endpoints: readonly Endpoint[], { log }: { readonly log: Log }) {
    this.#endpoints = endpoints
    this.#log = log
  }

  /** Without any, transactions go to whoever is read. */
  get isEmpty(): boolean {
    return this.#endpoints.length === 0
  }

  /** Sends to these from now on. */
  reconfigure(endpoints: readonly Endpoint[]): void {
    this.#endpoints = endpoints
    this.#failures.clear()
  }

  /** Whether each could be reached when it was last sent to, in the order of the configuration. */
  status(): readonly EndpointStatus[] {
    return this.#endpoints.map(({ name: endpoint }) => {
      const detail = this.#failures.get(endpoint) ?? null
      return { endpoint, fault: detail === null ? null : 'RPC_UNREACHABLE', detail }
    })
  }

  /** Tells all of them; the answers and failures, in the order of the configuration. */
  async each<T>(
    ask: (client: PublicClient) => Promise<T>,
  ): Promise<readonly PromiseSettledResult<T>[]> {
    const outcomes = await Promise.allSettled(this.#endpoints.map(({ client }) => ask(client)))
    for (const [index, { name }] of this.#endpoints.entries()) this.#note(name, outcomes[index])
    return outcomes
  }

  #note(endpoint: string, outcome: PromiseSettledResult<unknown> | undefined): void {
    const isReached = outcome?.status !== 'rejected' || isRpcRefusal(outcome.reason)
    const wasReached = !this.#failures.has(endpoint)
    if (isReached) {
      this.#failures.delete(endpoint)
      if (!wasReached) this.#log.info('chain.relay.usable', { endpoint })
      return
    }
    const detail = describeRpcError(outcome.reason)
    this.#failures.set(endpoint, detail)
    if (!wasReached) return
    this.#log.warn('chain.relay.unreachable', { code: 'RPC_UNREACHABLE', endpoint, detail })
  }
}
