import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import Fastify from 'fastify'
import type { Clock } from '../clock.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { mirror } from './gauges.ts'
import type { Metrics } from './metrics.ts'
import { RateLimit } from './rate-limit.ts'
import type { NodeView } from './view.ts'
import { overviewOf } from './view.ts'

export interface ApiOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly requestsPerMinuteMax: number
  readonly connectionsMax: number
}

export interface ApiDependencies {
  readonly view: NodeView
  readonly metrics: Metrics
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
}

/** No route reads a body. */
const BODY_BYTES_MAX = 1_024
const HEADER_BYTES_MAX = 8_192
const REQUEST_MS_MAX = 5_000
const KEEP_ALIVE_MS = 5_000
const REQUESTS_PER_CONNECTION_MAX = 1_000

const PAGE = [
  { path: '/', file: 'status.html', type: 'text/html; charset=utf-8' },
  { path: '/status.css', file: 'status.css', type: 'text/css; charset=utf-8' },
  { path: '/status.mjs', file: 'status.mjs', type: 'text/javascript; charset=utf-8' },
] as const

/** The page loads nothing from elsewhere and may not be shown inside another. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** Public, read-only HTTP: JSON under /v1, the status page, health and metrics. */
export class ApiServer implements Startable {
  readonly name = 'api'
  readonly #options: ApiOptions
  readonly #use: ApiDependencies
  #app: FastifyInstance | null = null
  #address: string | null = null

  constructor(options: ApiOptions, dependencies: ApiDependencies) {
    this.#options = options
    this.#use = dependencies
  }

  /** Where it listens, such as `http://127.0.0.1:8080`; null before the start. */
  get address(): string | null {
    return this.#address
  }

  /** @throws {OracleError} API_PORT_BUSY, API_ADDRESS_REFUSED */
  async start(): Promise<void> {
    if (this.#app !== null) return
    const app = createApp(this.#options)
    this.#app = app
    addGuards(app, this.#options, this.#use)
    addData(app, this.#use)
    addHealth(app, this.#use)
    await addPage(app)
    const { host, port } = this.#options
    try {
      this.#address = await app.listen({ host, port })
    } catch (cause) {
      throw listenError(this.#options, cause)
    }
    this.#use.log.info('api.listening', { address: this.#address })
  }

  async stop(): Promise<void> {
    const app = this.#app
    this.#app = null
    this.#address = null
    await app?.close()
  }
}

function createApp(options: ApiOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionTimeout: 2 * REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxRequestsPerSocket: REQUESTS_PER_CONNECTION_MAX,
    forceCloseConnections: true,
    trustProxy: false,
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: REQUEST_MS_MAX },
  })
  app.server.maxConnections = options.connectionsMax
  return app
}

function addGuards(app: FastifyInstance, options: ApiOptions, use: ApiDependencies): void {
  const limit = new RateLimit(options)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    if (limit.take(request.ip, use.clock.nowMs())) return
    return refuse(reply.header('retry-after', '10'), 429, 'API_TOO_MANY_REQUESTS')
  })
  app.addHook('onResponse', async (_, reply) => {
    use.metrics.requests.inc({ status: String(reply.statusCode) })
  })
  app.setNotFoundHandler((_, reply) => refuse(reply, 404, 'API_NOT_FOUND'))
  app.setErrorHandler((error, _, reply) => {
    const status = statusOf(error)
    if (status === 500) use.log.error('api.request.broke', { error })
    return refuse(reply, status, status === 500 ? 'API_BROKE' : 'API_REQUEST_INVALID')
  })
}

function addData(app: FastifyInstance, { view }: ApiDependencies): void {
  app.get('/v1/status', async () => view.status())
  app.get('/v1/feeds', async () => view.feeds())
  app.get('/v1/peers', async () => view.peers())
  app.get('/v1/sources', async () => view.sources())
  app.get('/v1/rounds', async () => view.rounds())
  app.get('/v1/chains', async () => view.chains())
  app.get('/v1/evidence', async () => view.evidence())
  app.get('/v1/overview', async () => overviewOf(view))
  app.get('/v1/certificates/latest', async (_, reply) => {
    return view.latestCertificate() ?? refuse(reply, 404, 'CERTIFICATE_NONE')
  })
  app.get<{ Params: { round: string } }>('/v1/certificates/:round', async (request, reply) => {
    const { round } = request.params
    if (!/^[1-9][0-9]{0,15}$/.test(round)) return refuse(reply, 400, 'API_REQUEST_INVALID')
    return view.certificate(Number(round)) ?? refuse(reply, 404, 'CERTIFICATE_NONE')
  })
}

function addHealth(app: FastifyInstance, { view, metrics }: ApiDependencies): void {
  // Alive: the event loop answers. Ready: the node can do its work.
  app.get('/healthz', async () => ({ alive: true }))
  app.get('/readyz', async (_, reply) => {
    const obstacles = view.obstacles()
    const isReady = obstacles.length === 0
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, obstacles })
  })
  app.get('/metrics', async (_, reply) => {
    mirror(view, metrics)
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}

async function addPage(app: FastifyInstance): Promise<void> {
  for (const { path, file, type } of PAGE) {
    const text = await readFile(new URL(`./page/${file}`, import.meta.url), 'utf8')
    app.get(path, async (_, reply) => reply.type(type).send(text))
  }
}

function refuse(reply: FastifyReply, status: number, code: string): FastifyReply {
  return reply.code(status).send({ code })
}

/** Fastify says what is the asker's fault; everything else is ours. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}

function listenError({ host, port }: ApiOptions, cause: unknown): OracleError {
  const context = { host, port, cause: codeOf(cause) }
  if (codeOf(cause) === 'EADDRINUSE') {
    const message = `port ${port} of ${host} is in use; stop the other process or change api.port`
    return new OracleError('API_PORT_BUSY', message, { context, cause })
  }
  const message = `cannot listen on ${host}, port ${port}; check api.host and api.port`
  return new OracleError('API_ADDRESS_REFUSED', message, { context, cause })
}
