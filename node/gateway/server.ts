import type { FastifyInstance } from 'fastify'
import type { Context } from '../../aggregator/context.ts'
import type { Clock } from '../clock.ts'
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
import type { GatewayMetrics } from './metrics.ts'
import { GATEWAY_ROUTES } from './openapi.ts'
import { addCertificateRoutes, type CertificateRoutes, type ServedLimits } from './routes.ts'
import type { Certificates } from './shelf.ts'

export type GatewayServerOptions = HttpOptions & ServedLimits

export interface GatewayServerDependencies {
  readonly context: Context
  readonly certificates: Certificates
  readonly peers: () => number
  /** Number of the committee on contracts. */
  readonly epoch: () => number
  readonly metrics: GatewayMetrics
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
}

/** Rounds without a certificate after which a gateway is not ready. */
const ROUNDS_SILENT_MAX = 20

/** Everything here is public, so pages of any origin may read it. */
const HEADERS = {
  'access-control-allow-origin': '*',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** What a gateway serves: certificates, streams, health and metrics. */
export class GatewayServer implements Startable {
  readonly name = 'gateway api'
  readonly #options: GatewayServerOptions
  readonly #use: GatewayServerDependencies
  #app: FastifyInstance | null = null
  #routes: CertificateRoutes | null = null
  #address: string | null = null
  #paths: readonly string[] = []

  constructor(options: GatewayServerOptions, dependencies: GatewayServerDependencies) {
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
    const { metrics, certificates, log } = this.#use
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
    const readersMax = this.#options.streamReadersMax
    const routes = addCertificateRoutes(http, {
      ...this.#use,
      history: (asked) => Promise.resolve(certificates.kept(asked)),
      ...{ readersMax, onReaderCut, own: GATEWAY_ROUTES },
    })
    this.#routes = routes
    app.get('/v1/feeds', async (_, reply) =>
      sendJson(reply, routes.answers.feedsTextOf(certificates.latest())),
    )
    this.#addHealth(app, routes)
    this.#address = await listenOn(app, this.#options)
    log.info('api.listening', { address: this.#address })
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

  #addHealth(app: FastifyInstance, { streams }: CertificateRoutes): void {
    const { metrics } = this.#use
    app.get('/healthz', async () => ({ alive: true }))
    app.get('/readyz', async (_, reply) => {
      const obstacles = this.#obstacles()
      const isReady = obstacles.length === 0
      return reply.code(isReady ? 200 : 503).send({ ready: isReady, obstacles })
    })
    app.get('/metrics', async (_, reply) => {
      const newest = this.#use.certificates.latest()?.message
      if (newest !== undefined) {
        metrics.round.set(newest.round)
        metrics.age.set((this.#use.clock.nowMs() - newest.timestampMs) / 1_000)
      }
      metrics.peers.set(this.#use.peers())
      metrics.readers.set(streams.counters().readers)
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    })
  }

  #obstacles(): string[] {
    const { certificates, context, clock, peers } = this.#use
    const newest = certificates.latest()?.message
    const obstacles = peers() === 0 ? ['PEERS_NONE'] : []
    if (newest === undefined) return [...obstacles, 'CERTIFICATE_NONE']
    const silentMs = ROUNDS_SILENT_MAX * context.committee.params.timing.roundMs
    const isStale = clock.nowMs() - newest.timestampMs > silentMs
    return isStale ? [...obstacles, 'CERTIFICATE_STALE'] : obstacles
  }
}
