import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { clientNetwork } from '../client-network.ts'
import type { Clock } from '../clock.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'
import {
  ConnectionLimit,
  type ConnectionLimits,
  type ConnectionRefusal,
} from './connection-limit.ts'
import { lookAround } from './look-around.ts'
import { refuseMalformed } from './malformed.ts'
import { OpenAnswers } from './open-answers.ts'
import { RateLimit } from './rate-limit.ts'

/** What a server may be asked; it can change while the server runs. */
export interface HttpLimits extends ConnectionLimits {
  /** Of one address. */
  readonly requestsPerMinuteMax: number
}

export interface HttpOptions extends HttpLimits {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

/** What a reader was sent who was cut off for being slow. */
export type ReaderCut = 'answer' | 'stream'

export interface HttpDependencies {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  /** Told the status of each answer. */
  readonly onAnswer: (status: number) => void
  /** Told why a connection was closed as soon as it came. */
  readonly onConnectionRefused: (refusal: ConnectionRefusal) => void
  /** Told of each connection that was ended because its reader took too long. */
  readonly onReaderCut: (kind: ReaderCut) => void
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>
}

/** No route reads a body. */
const BODY_BYTES_MAX = 1_024
const HEADER_BYTES_MAX = 8_192
const REQUEST_MS_MAX = 5_000
const KEEP_ALIVE_MS = 5_000
const REQUESTS_PER_CONNECTION_MAX = 1_000
/** How often connections are looked at that take too long over a request. */
const LOOK_EVERY_MS = 1_000
const SERVER_OPTIONS = {
  logger: false,
  bodyLimit: BODY_BYTES_MAX,
  requestTimeout: REQUEST_MS_MAX,
  connectionTimeout: 2 * REQUEST_MS_MAX,
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxRequestsPerSocket: REQUESTS_PER_CONNECTION_MAX,
  forceCloseConnections: true,
  trustProxy: false,
  http: {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  },
} as const
const MALFORMED = 'API_REQUEST_INVALID'

/** A server of public, read-only answers, with its limits and coded refusals. */
export interface HttpApp {
  readonly app: FastifyInstance
  /**
   * Counts a request that does not pass through routes, such as an upgrade, or what one costs
   * besides, as so many requests of its address; whether they are within the limit.
   */
  readonly admit: (address: string, requests?: number) => boolean
  /** Other limits from now on; connections that are open stay. */
  readonly setLimits: (limits: HttpLimits) => void
  /** Paths that were added so far, as OpenAPI writes them. */
  readonly paths: readonly string[]
}

/** Makes it, without routes; it does not listen yet. */
export function createHttpApp(options: HttpOptions, use: HttpDependencies): HttpApp {
  const limit = new RateLimit(options)
  const admit = (address: string, requests = 1) =>
    limit.take(clientNetwork(address), use.clock.nowMs(), requests)
  /** What every request meets first, also one that leads to no route. */
  const receive = (request: FastifyRequest, reply: FastifyReply): FastifyReply | null => {
    reply.headers(use.headers)
    if (!admit(request.ip)) return refuseForNow(reply)
    // Whatever follows the head would have to be read to its end, which there need not be.
    if (hasBody(request)) return refuse(reply.header('connection', 'close'), 400, MALFORMED)
    return null
  }
  const app = Fastify({
    ...SERVER_OPTIONS,
    frameworkErrors: (_, request, reply) => {
      reply.raw.once('finish', () => use.onAnswer(reply.raw.statusCode))
      if (receive(request, reply) === null) refuse(reply, 400, MALFORMED)
    },
    clientErrorHandler: (error, socket) => {
      const status = refuseMalformed(error, socket)
      if (status !== null) use.onAnswer(status)
    },
  })
  const connections = new ConnectionLimit(app.server, use.onConnectionRefused)
  const setLimits = (limits: HttpLimits) => {
    connections.set(limits)
    limit.setPerMinute(limits.requestsPerMinuteMax)
  }
  setLimits(options)
  const answers = new OpenAnswers(() => performance.now())
  lookAround(app, () => {
    for (let cut = answers.look(); cut > 0; cut--) use.onReaderCut('answer')
  })
  app.addHook('onRequest', async (request, reply) => {
    if (answers.begin(request.raw.socket, reply.raw)) return receive(request, reply) ?? undefined
    request.raw.socket.destroy()
    return reply.hijack()
  })
  app.addHook('onResponse', async (_, reply) => use.onAnswer(reply.statusCode))
  app.setNotFoundHandler((_, reply) => refuse(reply, 404, 'API_NOT_FOUND'))
  app.setErrorHandler((error, _, reply) => {
    const status = statusOf(error)
    if (status === 500) use.log.error('api.request.broke', { error })
    return refuse(reply, status, status === 500 ? 'API_BROKE' : MALFORMED)
  })
  const paths: string[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (method === 'GET') paths.push(url.replace(/:(\w+)/g, '{$1}'))
  })
  return { app, admit, setLimits, paths }
}

function hasBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'] ?? '0'
  return headers['transfer-encoding'] !== undefined || length !== '0'
}

/**
 * Listens, and gives the address, such as `http://127.0.0.1:8080`.
 *
 * @throws {OracleError} API_PORT_BUSY, API_ADDRESS_REFUSED
 */
export async function listenOn(app: FastifyInstance, options: HttpOptions): Promise<string> {
  const { host, port } = options
  try {
    return await app.listen({ host, port })
  } catch (cause) {
    throw listenError(options, cause)
  }
}

/** Answers `{ code }`; each code has a section in docs/errors.md. */
export function refuse(reply: FastifyReply, status: number, code: string): FastifyReply {
  return reply.code(status).send({ code })
}

/** Answers with JSON that is a text already. */
export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text)
}

/** Refuses an address that asked for more than it may. */
export function refuseForNow(reply: FastifyReply): FastifyReply {
  return refuse(reply.header('retry-after', '10'), 429, 'API_TOO_MANY_REQUESTS')
}

/** Fastify says what is the asker's fault; everything else is ours. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}

function listenError({ host, port }: HttpOptions, cause: unknown): OracleError {
  const context = { host, port, cause: codeOf(cause) }
  if (codeOf(cause) === 'EADDRINUSE') {
    const message = `port ${port} of ${host} is in use; stop the other process or change api.port`
    return new OracleError('API_PORT_BUSY', message, { context, cause })
  }
  const message = `cannot listen on ${host}, port ${port}; check api.host and api.port`
  return new OracleError('API_ADDRESS_REFUSED', message, { context, cause })
}
