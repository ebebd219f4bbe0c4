import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import { closeServer, listenAsMarket } from '../../loopback.ts'
import type { MarketAnswerPage, MarketQuestion } from './answers.ts'
import { ANSWERERS } from './answers.ts'
import type { Fault } from './faults.ts'
import { FAULTS, SPOILERS } from './faults.ts'
import { answerFutures, MARKET_FUTURE_VENUES, type MarketFutureVenue } from './future-answers.ts'
import type { Incident } from './incidents.ts'
import type { MarketVenue } from './model.ts'
import { MARKET_VENUES, MarketModel } from './model.ts'
import { answerOptions } from './option-answers.ts'
import { MARKET_OPTION_VENUES, type MarketOptionVenue } from './option-model.ts'
import {
  answerPerpetuals,
  MARKET_PERPETUAL_VENUES,
  type MarketPerpetualVenue,
} from './perpetual-answers.ts'
import type { HonestRange } from './range.ts'
import { honestRange } from './range.ts'
import { MarketStreams, PUSH_MS } from './stream-server.ts'

/** Every venue that the server plays. */
export type ServedVenue = MarketVenue | MarketOptionVenue | MarketPerpetualVenue | MarketFutureVenue
const SERVED_VENUES: readonly ServedVenue[] = [
  ...MARKET_VENUES,
  ...MARKET_OPTION_VENUES,
  ...MARKET_PERPETUAL_VENUES,
  ...MARKET_FUTURE_VENUES,
]

export interface MarketServerOptions {
  /** Any integer: the same one gives the same walk of prices. */
  readonly seed: number
  /** 0 takes any free port; default 0. */
  readonly port?: number
  readonly incidents?: readonly Incident[]
  /** Whether incidents run from the start or wait for `PUT begin`; default at-start. */
  readonly incidentsBegin?: 'at-start' | 'when-asked'
  /** The server's clock; default the host's. */
  readonly nowMs?: () => UnixMs
  /** Whether streams send by themselves or when `streams.push` is called; default by themselves. */
  readonly streamsPush?: 'by-themselves' | 'when-told'
}

export interface MarketServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  /** When prices began, and with them the incidents that do not wait. */
  readonly startMs: UnixMs
  readonly model: MarketModel
  /** Base URL of one venue, as `sources.venues.<venue>.baseUrl` takes it. */
  readonly baseUrlOf: (venue: ServedVenue) => string
  /** Address of its stream, as `streamUrl` takes it. */
  readonly streamUrlOf: (venue: MarketVenue) => string
  readonly streams: MarketStreams
  /** Spoils every answer of a venue from now on; null makes it well again. */
  readonly setFault: (venue: ServedVenue, fault: Fault | null) => void
  /** Requests that a venue has received, spoiled ones included. */
  readonly requestsOf: (venue: ServedVenue) => number
  /** Ends open requests and the server; idempotent. */
  readonly stop: () => Promise<void>
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
}

/**
 * A market of five venues and of those that list derivatives on loopback, each below its own prefix
 * (`/binance`, `/deribit-options`, …) in its real REST format, the five with their real streams at
 * `/binance/stream`, …, for the local network and for tests.
 *
 * Below `/control`: `GET state`, `GET range?market=BTC/USD&fromMs=…&untilMs=…` and
 * `PUT fault?venue=okx&fault=html` (without `fault` it ends), and `PUT begin` for incidents that
 * wait.
 *
 * @throws {OracleError} MARKET_PORT_TAKEN
 */
export async function startMarketServer(options: MarketServerOptions): Promise<MarketServer> {
  const { seed, port = 0, incidents = [], nowMs = Date.now } = options
  const { incidentsBegin = 'at-start', streamsPush = 'by-themselves' } = options
  const startMs = nowMs()
  const model = new MarketModel({ seed, startMs, incidents, incidentsBegin })
  const faults = new Map<ServedVenue, Fault>()
  const requests = new Map<ServedVenue, number>()
  const setFault = (venue: ServedVenue, fault: Fault | null) => {
    if (fault === null) faults.delete(venue)
    else faults.set(venue, fault)
  }
  const desk: Desk = { model, seed, startMs, incidents, faults, requests, nowMs, setFault }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://market')
    answer(desk, { request, response, url })
  })
  const streams = new MarketStreams({ model, nowMs, isFaulty: (venue) => faults.has(venue) })
  server.on('upgrade', (request, socket, head) => streams.upgrade(request, socket, head))
  await listenAsMarket(server, port, 'the market server')
  const isPushing = streamsPush === 'by-themselves'
  const pushes = isPushing ? setInterval(() => streams.push(), PUSH_MS) : undefined
  const { port: bound } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${bound}`
  let stopping: Promise<void> | null = null
  return {
    url,
    startMs,
    model,
    setFault,
    streams,
    baseUrlOf: (venue) => `${url}/${venue}`,
    streamUrlOf: (venue) => `${url.replace('http', 'ws')}/${venue}/stream`,
    requestsOf: (venue) => requests.get(venue) ?? 0,
    stop() {
      clearInterval(pushes)
      streams.stop()
      stopping ??= closeServer(server)
      return stopping
    },
  }
}

/** What answering needs. */
interface Desk {
  readonly model: MarketModel
  readonly seed: number
  readonly startMs: UnixMs
  readonly incidents: readonly Incident[]
  readonly faults: ReadonlyMap<ServedVenue, Fault>
  readonly requests: Map<ServedVenue, number>
  readonly nowMs: () => UnixMs
  readonly setFault: (venue: ServedVenue, fault: Fault | null) => void
}

function answer(desk: Desk, exchange: Exchange): void {
  const [, prefix = '', rest = ''] = /^\/([^/]*)(.*)$/.exec(exchange.url.pathname) ?? []
  if (prefix === 'control') {
    answerControl(desk, { ...exchange, command: rest })
    return
  }
  const venue = SERVED_VENUES.find((each) => each === prefix)
  if (venue === undefined) {
    send(exchange.response, { status: 404, body: { error: 'no such venue' } })
    return
  }
  desk.requests.set(venue, (desk.requests.get(venue) ?? 0) + 1)
  const nowMs = desk.nowMs()
  const fault = desk.faults.get(venue)
  const incident = isSpot(venue) ? desk.model.incidentOf(venue, nowMs) : null
  const page = pageOf(desk, venue, { path: rest, query: exchange.url.searchParams, nowMs })
  if (fault !== undefined) SPOILERS[fault]({ ...exchange, body: page?.body ?? '{}' })
  else if (incident?.kind === 'silent') SPOILERS.nothing({ ...exchange, body: '' })
  else if (page === null) send(exchange.response, { status: 404, body: { error: 'no such path' } })
  else sendText(exchange.response, page)
}

function pageOf(
  { model, seed }: Desk,
  venue: ServedVenue,
  question: MarketQuestion,
): MarketAnswerPage | null {
  if (isSpot(venue)) return ANSWERERS[venue](model, question)
  const options = MARKET_OPTION_VENUES.find((each) => each === venue)
  if (options !== undefined) return answerOptions(model, question, { venue: options, seed })
  const perpetuals = MARKET_PERPETUAL_VENUES.find((each) => each === venue)
  if (perpetuals !== undefined) return answerPerpetuals(question, { venue: perpetuals, seed })
  const futures = MARKET_FUTURE_VENUES.find((each) => each === venue)
  return futures === undefined ? null : answerFutures(model, question, { venue: futures, seed })
}

function isSpot(venue: ServedVenue): venue is MarketVenue {
  return MARKET_VENUES.some((each) => each === venue)
}

function answerControl(desk: Desk, exchange: Exchange & { readonly command: string }): void {
  const { command, request, response, url } = exchange
  if (request.method === 'GET' && command === '/state') {
    send(response, { status: 200, body: stateOf(desk) })
    return
  }
  if (request.method === 'GET' && command === '/range') {
    const range = rangeAsked(desk, url.searchParams)
    const body = range ?? { error: 'expected market=BASE/QUOTE, fromMs and untilMs' }
    send(response, { status: range === null ? 400 : 200, body })
    return
  }
  if (request.method === 'PUT' && command === '/begin') {
    desk.model.beginIncidents(desk.nowMs())
    send(response, { status: 200, body: stateOf(desk) })
    return
  }
  if (request.method === 'PUT' && command === '/fault') {
    const venue = SERVED_VENUES.find((each) => each === url.searchParams.get('venue'))
    const asked = url.searchParams.get('fault')
    const fault = FAULTS.find((each) => each === asked) ?? null
    if (venue === undefined || (fault === null && asked !== null)) {
      send(response, { status: 400, body: { error: 'expected venue and fault', faults: FAULTS } })
      return
    }
    desk.setFault(venue, fault)
    send(response, { status: 200, body: { venue, fault } })
    return
  }
  send(response, { status: 404, body: { error: 'no such command' } })
}

function stateOf({ model, startMs, nowMs, incidents, faults }: Desk): unknown {
  const atMs = nowMs()
  const venues = MARKET_VENUES.map((venue) => ({
    venue,
    incident: model.incidentOf(venue, atMs)?.kind ?? null,
    fault: faults.get(venue) ?? null,
  }))
  const { incidentsFromMs } = model
  return { startMs, elapsedMs: atMs - startMs, incidents, incidentsFromMs, venues }
}

function rangeAsked(desk: Desk, query: URLSearchParams): HonestRange | null {
  const fromMs = Number(query.get('fromMs') ?? Number.NaN)
  const untilMs = Number(query.get('untilMs') ?? Number.NaN)
  const market = query.get('market') ?? ''
  if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(untilMs)) return null
  return honestRange(desk.model, { market, fromMs, untilMs })
}

function send(
  response: ServerResponse,
  page: { readonly status: number; readonly body: unknown },
): void {
  sendText(response, { status: page.status, body: JSON.stringify(page.body) })
}

function sendText(
  response: ServerResponse,
  page: { readonly status: number; readonly body: string },
): void {
  response.writeHead(page.status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(page.body)),
  })
  response.end(page.body)
}
