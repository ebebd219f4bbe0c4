import type { Connection, Stream } from '@libp2p/interface'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { codeOf, OracleError } from '../errors.ts'
import { readFrame, sendFrame } from './frames.ts'
import type { Host } from './host.ts'
import type { Roster } from './roster.ts'

export interface SyncOptions {
  readonly roster: Roster
  /** libp2p protocol id. */
  readonly protocol: string
  /** Largest request in bytes; a larger one resets the stream. */
  readonly requestBytesMax: number
  /** Largest answer in bytes; a larger one resets the stream. */
  readonly answerBytesMax: number
  /** How long a request, whole, may take; then it fails. */
  readonly deadlineMs: number
  /** Requests of one peer in any `windowMs` that are read; more are reset unread. */
  readonly requestsPerWindowMax: number
  readonly windowMs: number
}

export interface SyncDependencies {
  readonly host: Host
  /** A member asks; `answer` replies, within the deadline or not at all. */
  readonly onRequest: (from: MemberIndex, request: Uint8Array) => void
  /** Our own code broke while it took a request; the process should stop. */
  readonly onFault: (error: unknown) => void
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** Requests to one member that may wait for each other, with the one in flight. */
const REQUESTS_WAITING_MAX = 4

interface Incoming {
  readonly resolve: (answer: Uint8Array) => void
}

/**
 * Requests and answers over direct streams (protocol §5.5): one frame each way, one request in
 * flight to and from each member, both ends bounded in bytes and time.
 */
export class Sync {
  readonly #options: SyncOptions
  readonly #dependencies: SyncDependencies
  /** The last request to each member, and how many wait with it. */
  readonly #asking = new Map<MemberIndex, { last: Promise<unknown>; requests: number }>()
  readonly #asked = new Map<MemberIndex, Incoming>()
  readonly #windows = new Map<MemberIndex, { startMs: number; requests: number }>()

  constructor(options: SyncOptions, dependencies: SyncDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  async start(): Promise<void> {
    await this.#dependencies.host.handle(
      this.#options.protocol,
      (stream, connection) => this.#serve(stream, connection),
      { maxInboundStreams: 2, maxOutboundStreams: 2, force: true },
    )
  }

  async stop(): Promise<void> {
    await this.#dependencies.host.unhandle(this.#options.protocol)
  }

  /**
   * Asks one member and waits for its answer; a few requests to one member wait for each other.
   *
   * @throws {OracleError} `SYNC_BUSY` when too many wait already, `SYNC_UNREACHABLE` without a
   * connection, `SYNC_FAILED` on a reset, a deadline or a bad frame
   */
  async request(to: MemberIndex, request: Uint8Array): Promise<Uint8Array> {
    const line = this.#asking.get(to) ?? { last: Promise.resolve(), requests: 0 }
    if (line.requests >= REQUESTS_WAITING_MAX) {
      throw new OracleError('SYNC_BUSY', `member ${to} still owes answers; ask later`, {
        context: { member: to },
      })
    }
    this.#asking.set(to, line)
    line.requests += 1
    const turn = line.last.then(() => this.#ask(to, request))
    line.last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      line.requests -= 1
      if (line.requests === 0) this.#asking.delete(to)
    }
  }

  /** Replies to the request of a member that is in flight; false when there is none any more. */
  answer(to: MemberIndex, answer: Uint8Array): boolean {
    const incoming = this.#asked.get(to)
    if (incoming === undefined || answer.length > this.#options.answerBytesMax) return false
    this.#asked.delete(to)
    incoming.resolve(answer)
    return true
  }

  async #ask(to: MemberIndex, request: Uint8Array): Promise<Uint8Array> {
    const { roster, protocol, deadlineMs, answerBytesMax } = this.#options
    const context = { member: to }
    const target = roster.members[to]
    const connection = target && this.#dependencies.host.getConnections(target.peerId)[0]
    if (connection === undefined) {
      throw new OracleError('SYNC_UNREACHABLE', `member ${to} is not connected; ask another`, {
        context,
      })
    }
    const signal = AbortSignal.timeout(deadlineMs)
    try {
      const stream = await connection.newStream(protocol, { signal })
      return await within(stream, signal, async () => {
        sendFrame(stream, request)
        return await readFrame(stream, answerBytesMax)
      })
    } catch (cause) {
      throw new OracleError('SYNC_FAILED', `member ${to} gave no answer; ask another`, {
        context: { ...context, cause: codeOf(cause) },
        cause,
      })
    }
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const from = this.#options.roster.indexOf(connection.remotePeer)
    if (from === null || this.#asked.has(from) || !this.#isWelcome(from)) {
      stream.abort(new Error('no request is read now'))
      return
    }
    const waiting = Promise.withResolvers<Uint8Array>()
    const incoming = { resolve: waiting.resolve }
    this.#asked.set(from, incoming)
    const signal = AbortSignal.timeout(this.#options.deadlineMs)
    try {
      await within(stream, signal, async () => {
        const request = await readFrame(stream, this.#options.requestBytesMax)
        this.#tell(from, request)
        sendFrame(stream, await waiting.promise)
      })
    } catch {
      // The asker left, was too slow or sent nonsense: its own fault, and it asks again.
    } finally {
      if (this.#asked.get(from) === incoming) this.#asked.delete(from)
    }
  }

  #tell(from: MemberIndex, request: Uint8Array): void {
    try {
      this.#dependencies.onRequest(from, request)
    } catch (error) {
      this.#dependencies.onFault(error)
    }
  }

  #isWelcome(from: MemberIndex): boolean {
    const nowMs = this.#dependencies.nowMs()
    const window = this.#windows.get(from)
    if (window === undefined || nowMs - window.startMs >= this.#options.windowMs) {
      this.#windows.set(from, { startMs: nowMs, requests: 1 })
      return true
    }
    window.requests += 1
    return window.requests <= this.#options.requestsPerWindowMax
  }
}

/** Runs the exchange until the signal fires; whatever happens, the stream ends afterwards. */
async function within<T>(
  stream: Stream,
  signal: AbortSignal,
  exchange: () => Promise<T>,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new OracleError('SYNC_LATE', 'the deadline has passed'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const result = await Promise.race([exchange(), late])
    await stream.close({ signal })
    await stream.closeRead({ signal })
    return result
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error('the exchange failed'))
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
