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
import type { ConnectionRefusal } from '../http/connection-limit.ts'
import {
  createHttpApp,
  type HttpOptions,
  listenOn,
  type ReaderCut,
  sendJson,
} from '../http/http.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { mirror } from './gauges.ts'
import type { Metrics } from './metrics.ts'
import { NODE_ROUTES } from './openapi.ts'
import { type SharedTextOptions, sharedText } from './shared-text.ts'
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
  /** Monotonic milliseconds; default: of this machine. */
  readonly monotonicMs?: () => number
  readonly log: Log
}

/** Half a round: nobody is shown what is older, and a thousand who ask cost four looks a second. */
const SHARED_MS_MAX = 250

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
    const onConnectionRefused = (limit: ConnectionRefusal) =>
      metrics.connectionsRefused.inc({ limit })
    const onReaderCut = (kind: ReaderCut) => metrics.readersCut.inc({ kind })
    const http = createHttpApp(this.#options, {
      ...this.#use,
      headers: HEADERS,
      onAnswer: (status) => metrics.requests.inc({ status: String(status) }),
      ...{ onConnectionRefused, onReaderCut },
    })
    const { app } = http
    this.#app = app
    this.#paths = http.paths
    addData(app, this.#use)
    const routes = addCertificateRoutes(http, {
      ...this.#use,
      ...{ readersMax: this.#options.streamReadersMax, onReaderCut, own: NODE_ROUTES },
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

function addData(app: FastifyInstance, use: ApiDependencies): void {
  const { view } = use
  const add = (path: string, answer: () => unknown) => {
    const text = sharedText(() => JSON.stringify(answer()), sharing(use))
    app.get(path, async (_, reply) => sendJson(reply, await text()))
  }
  add('/v1/status', () => view.status())
  add('/v1/feeds', () => view.feeds())
  add('/v1/peers', () => view.peers())
  add('/v1/sources', () => view.sources())
  add('/v1/venues', () => view.venues())
  add('/v1/rounds', () => view.rounds())
  add('/v1/chains', () => view.chains())
  add('/v1/evidence', () => view.evidence())
  add('/v1/rotation', () => view.rotation())
  add('/v1/overview', () => overviewOf(view))
}

function sharing({ monotonicMs = () => performance.now() }: ApiDependencies): SharedTextOptions {
  return { ageMsMax: SHARED_MS_MAX, nowMs: monotonicMs }
}

function addHealth(
  app: FastifyInstance,
  use: ApiDependencies & { readonly readers: () => number },
): void {
  const { view, metrics, readers } = use
  // Alive: the event loop answers. Ready: the node can do its work.
  app.get('/healthz', async () => ({ alive: true }))
  app.get('/readyz', async (_, reply) => {
    const obstacles = view.obstacles()
    const isReady = obstacles.length === 0
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, obstacles })
  })
  const text = sharedText(() => {
    mirror(view, metrics)
    metrics.streamReaders.set(readers())
    return metrics.registry.metrics()
  }, sharing(use))
  app.get('/metrics', async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await text()),
  )
}

async function addPage(app: FastifyInstance): Promise<void> {
  for (const { path, file, type } of PAGE) {
    const text = await readFile(new URL(`./page/${file}`, import.meta.url), 'utf8')
    app.get(path, async (_, reply) => reply.type(type).send(text))
  }
}
