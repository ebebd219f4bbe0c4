import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import type { Context } from '../../aggregator/context.ts'
import type { Clock } from '../clock.ts'
import type { History } from '../gateway/history.ts'
import {
  addCertificateRoutes,
  type CertificateRoutes,
  type ServedLimits,
} from '../gateway/routes.ts'
import type { Certificates } from '../gateway/shelf.ts'
import { createHttpApp, type HttpOptions, listenOn } from '../http/http.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { mirror } from './gauges.ts'
import type { Metrics } from './metrics.ts'
import { NODE_ROUTES } from './openapi.ts'
import type { NodeView } from './view.ts'
import { overviewOf } from './view.ts'

export type ApiOptions = HttpOptions & ServedLimits

export interface ApiDependencies {
  readonly context: Context
  readonly certificates: Certificates
  /** Number of the committee on contracts. */
  readonly epoch: () => number
  readonly view: NodeView
  /** Past certificates; null where none are kept. */
  readonly history: History | null
  readonly metrics: Metrics
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
}

const PAGE = [
  { path: '/', file: 'status.html', type: 'text/html; charset=utf-8' },
  { path: '/status.css', file: 'status.css', type: 'text/css; charset=utf-8' },
  { path: '/status.mjs', file: 'status.mjs', type: 'text/javascript; charset=utf-8' },
  { path: '/members.mjs', file: 'members.mjs', type: 'text/javascript; charset=utf-8' },
  { path: '/write.mjs', file: 'write.mjs', type: 'text/javascript; charset=utf-8' },
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
  #routes: CertificateRoutes | null = null
  #address: string | null = null
  #paths: readonly string[] = []

  constructor(options: ApiOptions, dependencies: ApiDependencies) {
    this.#options = options
    this.#use = dependencies
  }

  /** Where it listens, such as `http://127.0.0.1:8080`; null before the start. */
  get address(): string | null {
    return this.#address
  }

  /** Paths that it answers, as OpenAPI writes them; empty before the start. */
  get paths(): readonly string[] {
    return this.#paths
  }

  /** @throws {OracleError} API_PORT_BUSY, API_ADDRESS_REFUSED */
  async start(): Promise<void> {
    if (this.#app !== null) return
    const { metrics } = this.#use
    const http = createHttpApp(this.#options, {
      ...this.#use,
      headers: HEADERS,
      onAnswer: (status) => metrics.requests.inc({ status: String(status) }),
    })
    const { app } = http
    this.#app = app
    this.#paths = http.paths
    addData(app, this.#use)
    const routes = addCertificateRoutes(http, {
      ...this.#use,
      ...{ readersMax: this.#options.streamReadersMax, own: NODE_ROUTES },
    })
    this.#routes = routes
    addHealth(app, { ...this.#use, readers: () => routes.streams.counters().readers })
    await addPage(app)
    this.#address = await listenOn(app, this.#options)
    this.#use.log.info('api.listening', { address: this.#address })
  }

  async stop(): Promise<void> {
    const app = this.#app
    this.#app = null
    this.#address = null
    await app?.close()
  }

  /** Other limits from now on; connections and readers that are here stay. */
  setLimits(limits: ServedLimits): void {
    this.#routes?.setLimits(limits)
  }
}

function addData(app: FastifyInstance, { view }: ApiDependencies): void {
  app.get('/v1/status', async () => view.status())
  app.get('/v1/feeds', async () => view.feeds())
  app.get('/v1/peers', async () => view.peers())
  app.get('/v1/sources', async () => view.sources())
  app.get('/v1/venues', async () => view.venues())
  app.get('/v1/rounds', async () => view.rounds())
  app.get('/v1/chains', async () => view.chains())
  app.get('/v1/evidence', async () => view.evidence())
  app.get('/v1/rotation', async () => view.rotation())
  app.get('/v1/overview', async () => overviewOf(view))
}

function addHealth(
  app: FastifyInstance,
  { view, metrics, readers }: ApiDependencies & { readonly readers: () => number },
): void {
  // Alive: the event loop answers. Ready: the node can do its work.
  app.get('/healthz', async () => ({ alive: true }))
  app.get('/readyz', async (_, reply) => {
    const obstacles = view.obstacles()
    const isReady = obstacles.length === 0
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, obstacles })
  })
  app.get('/metrics', async (_, reply) => {
    mirror(view, metrics)
    metrics.streamReaders.set(readers())
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}

async function addPage(app: FastifyInstance): Promise<void> {
  for (const { path, file, type } of PAGE) {
    const text = await readFile(new URL(`./page/${file}`, import.meta.url), 'utf8')
    app.get(path, async (_, reply) => reply.type(type).send(text))
  }
}
