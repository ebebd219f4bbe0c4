import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { closeServer, listenAsMarket } from '../loopback.ts'
import { configuredVenue } from '../sources/configured-venues.ts'
import { derivativeVenue } from '../sources/derivative-venues.ts'
import type { Entry, RecordedAnswer } from './entry.ts'
import { bodyBytes, withoutSecrets } from './entry.ts'
import type { Recording } from './reader.ts'
import { ReplayedAnswers } from './replayed-answers.ts'
import { ReplayedStream } from './replayed-stream.ts'

export interface ReplayOptions {
  readonly recording: Recording
  /** Time of the recording: it says which answers are over, and which are still to come. */
  readonly nowMs: () => UnixMs
  /** How much of its time passes in a millisecond; null when `happen` is called by somebody. */
  readonly speed: number | null
  /** 0 takes any free port. */
  readonly port: number
}

export interface ReplayServer {
  /** `http://127.0.0.1:PORT`; each venue is below its name, its stream below `/VENUE/stream`. */
  readonly url: string
  /** Lets everything happen that is due; returns when the next thing is. */
  readonly happen: () => UnixMs | null
  /** Answers that were given, and those who hear a stream now. */
  readonly counts: () => { readonly answers: number; readonly listeners: number }
  /** Idempotent. */
  readonly stop: () => Promise<void>
}

/** A node that waits longer than three quarters of its time-out is given the newest answer. */
const HOLD_SHARE = 0.75
const TIMER_MS_MAX = 60_000
/** Twice the longest body that a node may be configured to take. */
const POURED_BYTES = 2 * 4_194_304
/** Thirty-one nodes with two connections to each of eight venues. */
const CONNECTIONS_MAX = 512

/**
 * Says on loopback what venues said in a recording, in their own formats and at the recorded
 * moments, and fails as they failed.
 *
 * @throws {OracleError} MARKET_PORT_TAKEN
 */
export async function startReplay(options: ReplayOptions): Promise<ReplayServer> {
  const replay = new Replay(options)
  const server = createServer((request, response) => replay.answer(request, response))
  server.maxConnections = CONNECTIONS_MAX
  server.on('upgrade', (request, socket, head) => replay.upgrade(request, socket, head))
  await listenAsMarket(server, options.port, 'the replayed market')
  replay.run()
  const { port } = server.address() as AddressInfo
  let stopping: Promise<void> | null = null
  return {
    url: `http://127.0.0.1:${port}`,
    happen: () => replay.happen(),
    counts: () => replay.counts(),
    stop: () => {
      stopping ??= replay.stop().then(() => closeServer(server))
      return stopping
    },
  }
}

interface Waiting {
  readonly atMs: UnixMs
  readonly give: () => void
}

class Replay {
  readonly #options: ReplayOptions
  readonly #answers: ReadonlyMap<VenueName, ReplayedAnswers>
  readonly #streams: ReadonlyMap<VenueName, ReplayedStream>
  readonly #entries: readonly Entry[]
  #waiting: readonly Waiting[] = []
  #next = 0
  #given = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReplayOptions) {
    this.#options = options
    const { entries } = options.recording
    const answers = entries.filter((entry) => entry.type === 'answer')
    const byVenue = Map.groupBy(answers, ({ venue }) => venue)
    this.#entries = entries.filter(({ type }) => type !== 'answer' && type !== 'values')
    this.#answers = new Map([...byVenue].map(([venue, its]) => [venue, new ReplayedAnswers(its)]))
    const streamed = new Set(this.#entries.flatMap((each) => ('venue' in each ? [each.venue] : [])))
    this.#streams = new Map([...streamed].map((venue) => [venue, new ReplayedStream()]))
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    // What a client says besides its path is not read, and may not stay.
    request.resume()
    response.on('error', () => response.destroy())
    const [, venue = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(request.url ?? '') ?? []
    const path = withoutSecrets(rest === '' ? '/' : rest)
    const nowMs = this.#options.nowMs()
    const found = this.#answers.get(venue)?.to(path, nowMs, this.#holdMsOf(venue)) ?? null
    if (found === null || request.method !== 'GET') {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end('{"error":"the recording has no answer to this"}')
      return
    }
    const give = () => {
      this.#given += 1
      giveAnswer(response, found.answer)
    }
    const waiting = { atMs: found.atMs, give }
    this.#waiting = [...this.#waiting, waiting]
    // Whoever would not wait is forgotten.
    response.once('close', () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting)
    })
    this.#soon()
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const [, venue = ''] = /^\/([^/?]*)\/stream$/.exec(request.url ?? '') ?? []
    const stream = this.#streams.get(venue)
    if (stream === undefined) socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
    else stream.upgrade(request, socket, head)
  }

  happen(): UnixMs | null {
    const nowMs = this.#options.nowMs()
    for (; (this.#entries[this.#next]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs; this.#next++) {
      const entry = this.#entries[this.#next]
      if (entry !== undefined && 'venue' in entry) this.#streams.get(entry.venue)?.happen(entry)
    }
    const due = this.#waiting.filter(({ atMs }) => atMs <= nowMs)
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > nowMs)
    for (const { give } of due) give()
    const moments = this.#waiting.map(({ atMs }) => atMs)
    const nextMs = Math.min(this.#entries[this.#next]?.atMs ?? Number.POSITIVE_INFINITY, ...moments)
    return Number.isFinite(nextMs) ? nextMs : null
  }

  /** Lets things happen at their moments, where nobody else does. */
  run(): void {
    const { speed, nowMs } = this.#options
    clearTimeout(this.#timer)
    if (speed === null) return
    const nextMs = this.happen()
    if (nextMs === null) return
    const waitMs = Math.ceil((nextMs - nowMs()) / speed)
    this.#timer = setTimeout(() => this.run(), Math.min(Math.max(waitMs, 1), TIMER_MS_MAX))
  }

  counts() {
    const listeners = [...this.#streams.values()].reduce((sum, { clients }) => sum + clients, 0)
    return { answers: this.#given, listeners }
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    for (const stream of this.#streams.values()) stream.stop()
  }

  #soon(): void {
    if (this.#options.speed === null) this.happen()
    else this.run()
  }

  #holdMsOf(venue: VenueName): DurationMs {
    const { sources } = this.#options.recording.header
    const { config } = derivativeVenue(sources, venue) ?? configuredVenue(sources, venue) ?? {}
    return Math.floor((config?.timeoutMs ?? 0) * HOLD_SHARE)
  }
}

/** As the venue did it; an answer that the recording node gave up on is never finished. */
function giveAnswer(response: ServerResponse, answer: RecordedAnswer): void {
  const { status, ending } = answer
  if (status === null) {
    if (ending === 'broken') response.destroy()
    return
  }
  const body = bodyBytes(answer.body)
  const { 'content-length': length, ...headers } = answer.headers
  // What was refused by its status alone was not read to its end.
  if (ending === 'whole' || status !== 200) {
    response.writeHead(status, { ...headers, 'content-length': body.length })
    response.end(body)
    return
  }
  const isLength = length !== undefined && /^\d{1,12}$/.test(length)
  response.writeHead(status, { ...headers, ...(isLength && { 'content-length': length }) })
  response.flushHeaders()
  response.write(body, () => {
    if (ending === 'broken') response.destroy()
  })
  if (ending === 'oversized') pour(response)
}

/** Goes on with what nobody needs until no node would read it. */
function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, ' ')
  let left = POURED_BYTES
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length
      if (!response.write(chunk)) return
    }
  }
  response.on('drain', more)
  more()
}
