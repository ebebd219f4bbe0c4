import type { PublicClient } from 'viem'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Clock } from '../clock.ts'
import { OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'
import type { Endpoint } from './endpoint.ts'
import { describeRpcError, isAnswerOfChain } from './endpoint.ts'
import type { Answer, EndpointFault, HeadSeen, Vote } from './heads.ts'
import { judgeHeads, vote } from './heads.ts'

export interface RpcPoolOptions {
  /** Names the chain in logs and errors. */
  readonly chain: string
  readonly chainId: number
  readonly compareEveryMs: number
  readonly headAgeMsMax: number
  readonly headLagBlocksMax: number
}

export interface RpcPoolDependencies {
  /** The preferred first. */
  readonly endpoints: readonly Endpoint[]
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
}

export interface EndpointStatus {
  readonly endpoint: string
  readonly fault: EndpointFault | null
  /** What it said or how it failed; null before the first comparison. */
  readonly detail: string | null
}

/** A question to one endpoint, to be answered as of a block that a majority has reached. */
export type Ask<T> = (client: PublicClient, block: bigint) => Promise<T>

/** Blocks of an honest chain may carry a timestamp a little after our clock. */
const HEAD_FUTURE_MS_MAX = 30_000

/**
 * The endpoints of one chain, none of which is trusted: the chain id is pinned, heads and answers
 * are compared, one that lies or lags is outvoted, named and left out until it agrees again. What
 * they say never decides about prices, only about what is sent when.
 */
export class RpcPool {
  #options: RpcPoolOptions
  #endpoints: readonly Endpoint[]
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #log: Log
  #status: ReadonlyMap<string, EndpointStatus>
  #reference: number | null = null
  #comparedMs = Number.NEGATIVE_INFINITY
  #comparing: Promise<void> | null = null

  constructor(options: RpcPoolOptions, { endpoints, clock, log }: RpcPoolDependencies) {
    this.#options = options
    this.#endpoints = endpoints
    this.#clock = clock
    this.#log = log.child({ chain: options.chain })
    this.#status = unasked(endpoints)
  }

  /** Asks other endpoints or in another way from now on; they are compared before the next use. */
  reconfigure(options: RpcPoolOptions, endpoints: readonly Endpoint[]): void {
    this.#options = options
    this.#endpoints = endpoints
    this.#status = unasked(endpoints)
    this.#reference = null
    this.#comparedMs = Number.NEGATIVE_INFINITY
  }

  /** What is known about each endpoint, in the order of the configuration. */
  status(): readonly EndpointStatus[] {
    return [...this.#status.values()]
  }

  /**
   * Compares the endpoints now; calls at the same time share one comparison.
   *
   * @returns the highest block that a majority has reached
   * @throws {OracleError} RPC_NONE_USABLE naming what is wrong with each
   */
  async compare(): Promise<number> {
    this.#comparing ??= this.#compareNow().finally(() => {
      this.#comparing = null
    })
    await this.#comparing
    if (this.#reference !== null) return this.#reference
    const faults = this.status().map(({ endpoint, fault, detail }) => {
      return `${endpoint}: ${fault}${detail === null ? '' : ` (${detail})`}`
    })
    const chain = this.#options.chain
    throw new OracleError(
      'RPC_NONE_USABLE',
      `no endpoint of chain ${chain} is usable; check chains[].rpcUrls: ${faults.join('; ')}`,
      { context: { chain, chainId: this.#options.chainId } },
    )
  }

  /** Asks one usable endpoint, and the next at once when it fails. A revert is an answer. */
  async first<T>(ask: Ask<T>): Promise<T> {
    const { block, usable } = await this.#current()
    let last: unknown
    for (const endpoint of usable) {
      try {
        return await ask(endpoint.client, block)
      } catch (error) {
        if (isAnswerOfChain(error)) throw error
        this.#blame(endpoint.name, 'RPC_UNREACHABLE', describeRpcError(error))
        last = error
      }
    }
    throw this.#allFailed(last)
  }

  /**
   * Asks every usable endpoint and takes the answer of most.
   *
   * @param keyOf equal texts for equal answers
   */
  async agreed<T>(ask: Ask<T>, keyOf: (value: T) => string): Promise<T> {
    return (await this.voted(ask, keyOf)).value
  }

  /** The same, and whether a majority said so, or only whoever stands first. */
  async voted<T>(
    ask: Ask<T>,
    keyOf: (value: T) => string,
  ): Promise<Pick<Vote<T>, 'value' | 'isTied'>> {
    const { block, usable } = await this.#current()
    const { answers, failures } = await this.#askAll(usable, (client) => ask(client, block))
    const result = vote(answers.map((answer) => ({ ...answer, key: keyOf(answer.value) })))
    if (result === null) throw failures.find(isAnswerOfChain) ?? this.#allFailed(failures[0])
    this.#blameOutvoted(result.outvoted, result.isTied ? null : 'RPC_ANSWER_DIFFERS')
    return result
  }

  /** Tells every usable endpoint; the answers and failures, in the order of the configuration. */
  async each<T>(ask: Ask<T>): Promise<readonly PromiseSettledResult<T>[]> {
    const { block, usable } = await this.#current()
    return Promise.allSettled(usable.map(({ client }) => ask(client, block)))
  }

  async #current(): Promise<{ readonly block: bigint; readonly usable: readonly Endpoint[] }> {
    const isStale = this.#clock.nowMs() - this.#comparedMs >= this.#options.compareEveryMs
    const isKnown = this.#reference !== null && this.#usable().length > 0
    const reference = isStale || !isKnown ? await this.compare() : (this.#reference ?? 0)
    return { block: BigInt(reference), usable: this.#usable() }
  }

  #usable(): readonly Endpoint[] {
    return this.#endpoints.filter(({ name }) => this.#status.get(name)?.fault === null)
  }

  async #compareNow(): Promise<void> {
    const endpoints = this.#endpoints
    const heads = await Promise.all(endpoints.map((endpoint) => this.#head(endpoint)))
    // What those said that were replaced meanwhile says nothing of the new ones.
    if (this.#endpoints !== endpoints) return await this.#compareNow()
    const nowMs = this.#clock.nowMs()
    const verdict = judgeHeads(heads, {
      chainId: this.#options.chainId,
      nowMs,
      lagBlocksMax: this.#options.headLagBlocksMax,
      ageMsMax: this.#options.headAgeMsMax,
      futureMsMax: HEAD_FUTURE_MS_MAX,
    })
    const before = this.#status
    this.#status = new Map(
      heads.map((head) => {
        const fault = verdict.faults.get(head.endpoint) ?? null
        return [head.endpoint, { endpoint: head.endpoint, fault, detail: detailOf(head, nowMs) }]
      }),
    )
    if (verdict.reference !== null) await this.#compareHashes(verdict.reference)
    if (this.#endpoints !== endpoints) return await this.#compareNow()
    this.#reference = this.#usable().length === 0 ? null : verdict.reference
    this.#comparedMs = nowMs
    this.#logChanges(before)
  }

  async #head({ name, client }: Endpoint): Promise<HeadSeen> {
    try {
      const [chainId, block] = await Promise.all([
        client.getChainId(),
        client.getBlock({ blockTag: 'latest' }),
      ])
      const [number, timestampMs] = [Number(block.number), Number(block.timestamp) * 1_000]
      // What lies beyond says nothing that could be compared, and asks at no block at all.
      const isSound = typeof block.number === 'bigint' && Number.isSafeInteger(number)
      if (isSound && Number.isSafeInteger(timestampMs)) {
        return { type: 'seen', endpoint: name, chainId, number, timestampMs }
      }
      const reason = 'its newest block has no number or no time that a chain could have'
      return { type: 'unreachable', endpoint: name, reason }
    } catch (error) {
      return { type: 'unreachable', endpoint: name, reason: describeRpcError(error) }
    }
  }

  /** Endpoints on another branch of the chain than most are left out. */
  async #compareHashes(reference: number): Promise<void> {
    const usable = this.#usable()
    if (usable.length < 2) return
    const blockNumber = BigInt(reference)
    const answers = await Promise.allSettled(
      usable.map(({ client }) => client.getBlock({ blockNumber })),
    )
    const hashes = answers.flatMap((answer, index): Answer<string>[] => {
      // One that is a block behind, within what is allowed, does not know the reference yet.
      if (answer.status === 'rejected') return []
      const { hash } = answer.value
      return [{ endpoint: usable[index]?.name ?? '', value: hash, key: hash }]
    })
    const result = vote(hashes)
    if (result === null) return
    this.#blameOutvoted(result.outvoted, result.isTied ? null : 'RPC_FORKED')
  }

  async #askAll<T>(usable: readonly Endpoint[], ask: (client: PublicClient) => Promise<T>) {
    const settled = await Promise.allSettled(usable.map(({ client }) => ask(client)))
    const answers: { readonly endpoint: string; readonly value: T }[] = []
    const failures: unknown[] = []
    settled.forEach((outcome, index) => {
      const endpoint = usable[index]?.name ?? ''
      if (outcome.status === 'fulfilled') {
        answers.push({ endpoint, value: outcome.value })
        return
      }
      failures.push(outcome.reason)
      if (isAnswerOfChain(outcome.reason)) return
      this.#blame(endpoint, 'RPC_UNREACHABLE', describeRpcError(outcome.reason))
    })
    return { answers, failures }
  }

  #blameOutvoted(endpoints: readonly string[], fault: EndpointFault | null): void {
    if (endpoints.length === 0) return
    if (fault === null) {
      this.#log.warn('chain.rpc.tied', { code: 'RPC_TIED', against: endpoints })
      return
    }
    for (const endpoint of endpoints) this.#blame(endpoint, fault, 'most endpoints say otherwise')
  }

  #blame(endpoint: string, fault: EndpointFault, detail: string): void {
    const before = this.#status
    if (!before.has(endpoint)) return
    this.#status = new Map(before).set(endpoint, { endpoint, fault, detail })
    this.#logChanges(before)
  }

  #logChanges(before: ReadonlyMap<string, EndpointStatus>): void {
    for (const { endpoint, fault, detail } of this.#status.values()) {
      if (before.get(endpoint)?.fault === fault) continue
      if (fault === null) this.#log.info('chain.rpc.usable', { endpoint })
      else this.#log.warn('chain.rpc.leftOut', { code: fault, endpoint, detail })
    }
  }

  #allFailed(cause: unknown): OracleError {
    const chain = this.#options.chain
    const reason = cause === undefined ? '' : `: ${describeRpcError(cause)}`
    return new OracleError('RPC_ALL_FAILED', `every endpoint of chain ${chain} failed${reason}`, {
      context: { chain },
    })
  }
}

function unasked(endpoints: readonly Endpoint[]): ReadonlyMap<string, EndpointStatus> {
  return new Map(endpoints.map(({ name }) => [name, { endpoint: name, fault: null, detail: null }]))
}

function detailOf(head: HeadSeen, nowMs: UnixMs): string {
  if (head.type === 'unreachable') return head.reason
  const ageSeconds = Math.round((nowMs - head.timestampMs) / 1_000)
  return `chain id ${head.chainId}, block ${head.number}, ${ageSeconds} s old`
}
