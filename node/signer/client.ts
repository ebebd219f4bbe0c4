import { createConnection, type Socket } from 'node:net'
import type { Context } from '../../aggregator/context.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { HandoverSignerPort, SignerPort } from '../ports.ts'
import { type About, handoverClient, SIGNER_UNREACHABLE } from './handover-client.ts'
import { assertTrusted, type SocketAccess, unreachable } from './socket-file.ts'
import {
  LineReader,
  plainSession,
  readAnswer,
  SIGNER_PROTOCOL,
  type SignerAnswer,
  type SignerRequest,
  type SignerStatus,
  WAITING_MAX,
  writeLine,
} from './wire.ts'

export interface SignerClientOptions {
  readonly path: string
  readonly access: SocketAccess
  readonly committeeDigest: Uint8Array
  /** How long the start waits for the signer; default 15_000. */
  readonly startMsMax?: number
  /** How long one answer may take, or the signer counts as lost; default 2_000. */
  readonly answerMsMax?: number
}

export interface SignerClientDependencies {
  readonly log: Log
  /** A refusal, or a request that found no signer, by code. */
  readonly onRefused: (code: string) => void
  /** The signer is another one than at the start: nothing may go on. */
  readonly onFault: (error: unknown) => void
}

/** Between two attempts to reach a signer that is away. */
const REDIAL_MS = 100
/** Between two looks at what the signer counts. */
const STATUS_EVERY_MS = 1_000
/** Many times what a healthy disk takes for a promise; a round is over long before. */
const ANSWER_MS_MAX = 2_000
const REFUSED = { type: 'refused', code: SIGNER_UNREACHABLE } as const

interface Connection {
  readonly socket: Socket
  readonly answerMsMax: number
  readonly waiting: Map<number, (answer: SignerAnswer) => void>
}

/**
 * The signer in a process of its own, as the node uses it. While the signer is away every request
 * counts as refused: the node observes and signs nothing, relays and follows certificates, and goes
 * on when the signer is back and its barrier has passed (protocol §10.3).
 */
export class SignerClient implements Startable {
  readonly name = 'signer'
  readonly #options: SignerClientOptions
  readonly #dependencies: SignerClientDependencies
  #connection: Connection | null = null
  /** Of the connection, also while it is being made. */
  #socket: Socket | null = null
  #identityKey: Uint8Array | null = null
  #status: SignerStatus = { watermark: 0, barrier: 0, refused: {}, locks: [] }
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #nextId = 0

  constructor(options: SignerClientOptions, dependencies: SignerClientDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /**
   * Reaches the signer and learns whose keys it holds.
   *
   * @throws {OracleError} `SIGNER_UNREACHABLE`, `SIGNER_FOREIGN`, `SIGNER_SOCKET_EXPOSED`
   */
  async start(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.#connection !== null) return
    const deadlineMs = performance.now() + (this.#options.startMsMax ?? 15_000)
    for (;;) {
      signal.throwIfAborted()
      try {
        await this.#connect()
        break
      } catch (error) {
        if (codeOf(error) !== 'SIGNER_UNREACHABLE' || performance.now() > deadlineMs) throw error
        await new Promise((resolve) => setTimeout(resolve, REDIAL_MS))
      }
    }
    this.#plan(STATUS_EVERY_MS)
  }

  stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#socket?.destroy()
    return Promise.resolve()
  }

  /** Compressed public key of the member; known from the start on. */
  get identityKey(): Uint8Array {
    if (this.#identityKey === null) throw unreachable(this.#options.path, 'NOT_STARTED')
    return this.#identityKey
  }

  /** What the signer said of itself last. */
  get status(): SignerStatus & { readonly isReachable: boolean } {
    return { ...this.#status, isReachable: this.#connection !== null }
  }

  /** Signs what libp2p proves an identity with. @throws {OracleError} `SIGNER_UNREACHABLE` */
  async signHandshake(data: Uint8Array): Promise<Uint8Array> {
    const answer = await this.#ask({ type: 'signHandshake', data })
    if (answer.type === 'signature') return answer.bytes
    throw unreachable(this.#options.path, 'SIGNER_UNREACHABLE')
  }

  /** The signer as the driver asks it; what it refuses is counted here and there. */
  port(): SignerPort {
    const signature = (answer: SignerAnswer) => (answer.type === 'signature' ? answer.bytes : null)
    return {
      persist: async (promise: Promised) => {
        const { round, kind, digest } = promise
        await this.#asked({ type: 'persist', promise: { round, kind, digest } }, { round })
      },
      signMessage: async ({ message: { round }, body }) =>
        signature(await this.#asked({ type: 'signMessage', body }, { round })),
      commitments: async (round) => {
        const answer = await this.#asked({ type: 'commitments', round }, { round })
        return answer.type === 'commitments' ? answer.pairs : null
      },
      signShare: async ({ round, slot, reportDigest, expectedNext, session }) => {
        const share = { round, slot, reportDigest, expectedNext, session: plainSession(session) }
        return signature(await this.#asked({ type: 'signShare', share }, { round }))
      },
      eraseNonces: (upTo) => void this.#ask({ type: 'eraseNonces', upTo }),
    }
  }

  /** The signer as the agreement on a hand-over asks it. */
  handovers(context: Context): HandoverSignerPort {
    return handoverClient(context, {
      ask: (request, about) => this.#asked(request, about),
      locks: () => this.#status.locks,
    })
  }

  async #asked(request: SignerRequest, about: About): Promise<SignerAnswer> {
    const answer = await this.#ask(request)
    if (answer.type !== 'refused') return answer
    const { code } = answer
    this.#dependencies.onRefused(code)
    // While the signer is away that was said once, and every request would say it again.
    if (code !== REFUSED.code) this.#dependencies.log.warn('signer.refused', { code, ...about })
    return answer
  }

  #ask(request: SignerRequest): Promise<SignerAnswer> {
    const connection = this.#connection
    if (connection === null || connection.waiting.size >= WAITING_MAX) {
      return Promise.resolve(REFUSED)
    }
    return askOver(connection, { id: this.#nextId++, request })
  }

  async #connect(): Promise<void> {
    const { path, access, answerMsMax = ANSWER_MS_MAX } = this.#options
    await assertTrusted(path, access)
    if (this.#isStopped) throw unreachable(path, 'STOPPED')
    const socket = createConnection(path)
    this.#socket = socket
    const connection: Connection = { socket, answerMsMax, waiting: new Map() }
    await connected(connection, path)
    const id = this.#nextId++
    const hello = await askOver(connection, {
      id,
      request: { type: 'hello', protocol: SIGNER_PROTOCOL },
    })
    if (hello.type !== 'hello') {
      socket.destroy()
      throw unreachable(path, 'NO_HELLO')
    }
    this.#identityKey ??= hello.identityKey
    const isSame =
      equalBytes(hello.committeeDigest, this.#options.committeeDigest) &&
      equalBytes(hello.identityKey, this.#identityKey)
    if (!isSame) {
      socket.destroy()
      throw foreign(path)
    }
    this.#status = hello.status
    this.#connection = connection
    socket.once('close', () => this.#onLost())
    const { watermark, barrier } = hello.status
    this.#dependencies.log.info('signer.reached', { watermark, barrier })
  }

  #onLost(): void {
    this.#connection = null
    if (this.#isStopped) return
    this.#dependencies.log.error('signer.lost', { path: this.#options.path })
    this.#plan(REDIAL_MS)
  }

  /** Looks again after a while: for the signer when it is away, else at what it counts. */
  #plan(afterMs: number): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#look(), afterMs)
  }

  async #look(): Promise<void> {
    if (this.#connection === null) {
      try {
        await this.#connect()
      } catch (error) {
        if (codeOf(error) !== 'SIGNER_UNREACHABLE') return this.#dependencies.onFault(error)
        return this.#plan(REDIAL_MS)
      }
    } else {
      const answer = await this.#ask({ type: 'status' })
      if (answer.type === 'status') this.#status = answer.status
    }
    this.#plan(STATUS_EVERY_MS)
  }
}

/** Resolves when it stands; reads its answers from then on. */
function connected({ socket, waiting }: Connection, path: string): Promise<void> {
  const reader = new LineReader()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.setEncoding('utf8')
  socket.once('connect', () => resolve())
  socket.on('error', (error) => reject(unreachable(path, codeOf(error))))
  socket.on('close', () => {
    for (const answer of waiting.values()) answer(REFUSED)
    waiting.clear()
    reject(unreachable(path, 'CLOSED'))
  })
  socket.on('data', (text: string) => {
    try {
      for (const line of reader.take(text)) {
        const { id, answer } = readAnswer(line)
        waiting.get(id)?.(answer)
        waiting.delete(id)
      }
    } catch {
      socket.destroy()
    }
  })
  return promise
}

/** A signer that does not answer in time is as good as none: the connection is closed for it. */
function askOver(
  { socket, waiting, answerMsMax }: Connection,
  message: { readonly id: number; readonly request: SignerRequest },
): Promise<SignerAnswer> {
  if (socket.destroyed) return Promise.resolve(REFUSED)
  const { promise, resolve } = Promise.withResolvers<SignerAnswer>()
  const deadline = setTimeout(() => socket.destroy(), answerMsMax)
  waiting.set(message.id, (answer) => {
    clearTimeout(deadline)
    resolve(answer)
  })
  socket.write(`${writeLine(message)}\n`)
  return promise
}

function foreign(path: string): OracleError {
  return new OracleError(
    'SIGNER_FOREIGN',
    `the signer on ${path} is of another committee or member; give both the same configuration`,
    { context: { path } },
  )
}
