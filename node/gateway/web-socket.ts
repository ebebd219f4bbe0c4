import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import { RateLimit } from '../http/rate-limit.ts'
import type { Streams } from './streams.ts'

/** Readers say nothing but pings and good-bye; anything longer ends the connection. */
const PAYLOAD_BYTES_MAX = 125
/**
 * Pings and pongs of a reader, at most: twice the longest one each second. Frames cost most when
 * there is nothing in them.
 */
const BYTES_PER_MINUTE_MAX = 16_384
/** RFC 6455: going against policy. */
const POLICY_VIOLATED = 1_008
const TRY_AGAIN_LATER = 1_013

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** What an upgrade is answered with: feeds to stream, or a refusal. */
export type Admission =
  | { readonly type: 'admitted'; readonly feeds: readonly FeedIndex[] }
  | { readonly type: 'refused'; readonly status: number; readonly code: string }

/** The WebSocket twin of the event stream: one text message a certificate. */
export class WebSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: PAYLOAD_BYTES_MAX,
    clientTracking: false,
    // Answered below instead, where a reader that takes nothing is sent nothing.
    autoPong: false,
  })
  readonly #streams: Streams
  readonly #nowMs: () => number
  readonly #admit: (request: IncomingMessage) => Admission

  constructor(use: {
    readonly streams: Streams
    /** Monotonic milliseconds. */
    readonly nowMs: () => number
    readonly admit: (request: IncomingMessage) => Admission
  }) {
    this.#streams = use.streams
    this.#nowMs = use.nowMs
    this.#admit = use.admit
  }

  upgrade({ request, socket, head }: Upgrade): void {
    socket.on('error', () => socket.destroy())
    const admission = this.#admit(request)
    if (admission.type === 'refused') {
      refuse(socket, admission)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#serve(webSocket, { raw: request.socket, feeds: admission.feeds })
    })
  }

  #serve(
    webSocket: WebSocket,
    { raw, feeds }: { readonly raw: Socket; readonly feeds: readonly FeedIndex[] },
  ): void {
    raw.setTimeout(0)
    webSocket.on('error', () => webSocket.terminate())
    const opened = this.#streams.open({
      address: raw.remoteAddress ?? '',
      feeds,
      sink: {
        send: (text) => {
          webSocket.send(text)
          return !raw.writableNeedDrain
        },
        beat: () => webSocket.ping(),
        end: () => webSocket.terminate(),
      },
    })
    if (opened.type === 'refused') {
      webSocket.close(TRY_AGAIN_LATER, opened.code)
      return
    }
    const { reader } = opened
    const said = new RateLimit({ requestsPerMinuteMax: BYTES_PER_MINUTE_MAX })
    raw.on('data', (bytes: Buffer) => {
      if (!said.take('', this.#nowMs(), bytes.length)) webSocket.terminate()
    })
    raw.on('drain', () => reader.drained())
    webSocket.once('close', () => reader.closed())
    webSocket.on('ping', (payload) => {
      if (!raw.writableNeedDrain) webSocket.pong(payload)
    })
    webSocket.on('message', () => webSocket.close(POLICY_VIOLATED, 'STREAM_IS_ONE_WAY'))
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  429: 'Too Many Requests',
}

function refuse(
  socket: Duplex,
  { status, code }: { readonly status: number; readonly code: string },
): void {
  const body = JSON.stringify({ code })
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
