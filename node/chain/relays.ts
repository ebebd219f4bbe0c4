import type { Hex } from 'viem'
import type { Log } from '../logging.ts'
import type { Endpoint } from './endpoint.ts'
import { describeRpcError } from './endpoint.ts'
import type { EndpointStatus } from './rpc.ts'

/** The endpoint took the question and said no; else it was not reached, or spoke something else. */
const REFUSALS = ['RpcRequestError', 'RawContractError']

/**
 * Endpoints that transactions are sent to and nothing else is asked of. None has a vote on
 * anything, so they are not compared: one that is away is named, and tried again the next time.
 */
export class Relays {
  readonly #endpoints: readonly Endpoint[]
  readonly #log: Log
  readonly #failures = new Map<string, string>()

  constructor(endpoints: readonly Endpoint[], { log }: { readonly log: Log }) {
    this.#endpoints = endpoints
    this.#log = log
  }

  /** Whether each could be reached when it was last sent to, in the order of the configuration. */
  status(): readonly EndpointStatus[] {
    return this.#endpoints.map(({ name: endpoint }) => {
      const detail = this.#failures.get(endpoint) ?? null
      return { endpoint, fault: detail === null ? null : 'RPC_UNREACHABLE', detail }
    })
  }

  /** Sends a signed transaction to all of them; what each said, in the order of the configuration. */
  async send(signed: Hex): Promise<readonly PromiseSettledResult<Hex>[]> {
    const outcomes = await Promise.allSettled(
      this.#endpoints.map(({ client }) =>
        client.sendRawTransaction({ serializedTransaction: signed }),
      ),
    )
    for (const [index, { name }] of this.#endpoints.entries()) this.#note(name, outcomes[index])
    return outcomes
  }

  #note(endpoint: string, outcome: PromiseSettledResult<Hex> | undefined): void {
    const isReached = outcome?.status !== 'rejected' || isRefusal(outcome.reason)
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
