import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import type { MarketModel, MarketVenue } from './model.ts'
import { MARKET_VENUES } from './model.ts'
import { STREAM_FORMATS } from './stream-formats.ts'

export interface MarketStreamsDependencies {
  readonly model: MarketModel
  readonly nowMs: () => UnixMs
  /** Whether a venue is made to misbehave; its stream is refused meanwhile. */
  readonly isFaulty: (venue: MarketVenue) => boolean
}

/** Slower than a real venue: many nodes share one small machine. */
export const PUSH_MS = 200
const SLOW_MS = 1_000
const CLIENT_BYTES_MAX = 65_536
const CHANNELS_MAX = 200

interface Client {
  readonly venue: MarketVenue
  readonly socket: WebSocket
  readonly channels: Set<string>
}

/** The streams of the market's venues at `/VENUE/stream`: each client hears what it asked for. */
export class MarketStreams {
  readonly #dependencies: MarketStreamsDependencies
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_BYTES_MAX,
  })
  readonly #clients = new Set<Client>()
  /** Upgrades that a silent venue does not answer. */
  readonly #waiting = new Set<Duplex>()
  #pushes = 0

  constructor(dependencies: MarketStreamsDependencies) {
    this.#dependencies = dependencies
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const path = new URL(request.url ?? '/', 'http://market').pathname
    const venue = MARKET_VENUES.find((each) => path === `/${each}/stream`)
    if (venue === undefined || this.#dependencies.isFaulty(venue)) {
      const status = venue === undefined ? '404 Not Found' : '503 Service Unavailable'
      socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
      return
    }
    if (this.#isSilent(venue)) {
      this.#waiting.add(socket)
      socket.once('close', () => this.#waiting.delete(socket))
      return
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#serve(venue, webSocket))
  }

  /**
   * Sends each client of these venues one message of each channel that it asked for; of slow
   * channels one each second.
   */
  push(venues: readonly MarketVenue[] = MARKET_VENUES): void {
    const isSlowTurn = this.#pushes % (SLOW_MS / PUSH_MS) === 0
    this.#pushes += 1
    const messages = new Map<string, string | null>()
    for (const { venue, socket, channels } of this.#clients) {
      if (this.#dependencies.isFaulty(venue)) socket.terminate()
      if (!venues.includes(venue) || this.#isSilent(venue)) continue
      for (const channel of channels) {
        if (!isSlowTurn && STREAM_FORMATS[venue].isSlow(channel)) continue
        const text = this.#messageOnce(messages, { venue, channel })
        if (text !== null) socket.send(text)
      }
    }
  }

  /** Clients of a venue, for tests. */
  clientsOf(venue: MarketVenue): readonly WebSocket[] {
    return [...this.#clients].filter((each) => each.venue === venue).map(({ socket }) => socket)
  }

  stop(): void {
    for (const { socket } of this.#clients) socket.terminate()
    for (const socket of this.#waiting) socket.destroy()
  }

  #serve(venue: MarketVenue, socket: WebSocket): void {
    const client: Client = { venue, socket, channels: new Set() }
    this.#clients.add(client)
    socket.on('error', () => socket.terminate())
    socket.once('close', () => this.#clients.delete(client))
    socket.on('message', (data: Buffer) => {
      const asked = STREAM_FORMATS[venue].read(data.toString('utf8'))
      if (asked === null || this.#isSilent(venue)) return
      for (const channel of asked.channels) {
        if (client.channels.size < CHANNELS_MAX) client.channels.add(channel)
      }
      for (const answer of asked.answers) socket.send(answer)
    })
  }

  #messageOnce(
    messages: Map<string, string | null>,
    { venue, channel }: { readonly venue: MarketVenue; readonly channel: string },
  ): string | null {
    const key = `${venue} ${channel}`
    const known = messages.get(key)
    if (known !== undefined) return known
    const { model, nowMs } = this.#dependencies
    const text = STREAM_FORMATS[venue].message(model, { channel, nowMs: nowMs() })
    messages.set(key, text)
    return text
  }

  #isSilent(venue: MarketVenue): boolean {
    const { model, nowMs } = this.#dependencies
    return model.incidentOf(venue, nowMs())?.kind === 'silent'
  }
}
