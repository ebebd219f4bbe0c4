import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, OracleError } from '../errors.ts'
import { requestFailure } from './failures.ts'
import { statusFailure } from './fetcher.ts'
import type { Pins } from './pins.ts'
import { pinning } from './pins.ts'
import type { LimitStatus } from './venue.ts'

export interface StreamSocketOptions {
  readonly url: URL
  readonly timeoutMs: DurationMs
  /** Most that one message may have, over all of its fragments. */
  readonly frameBytesMax: number
  /** How the venue packs its messages; null where they are texts. */
  readonly packing: 'gzip' | null
  readonly pins: Pins
  /** As `Venue.limitStatus`. */
  readonly limitStatus?: LimitStatus | undefined
  /** Refuses addresses where a venue must not be. */
  readonly lookup: LookupFunction
  readonly nowMs: () => UnixMs
}

/** Hears one connection; nothing follows `onEnd`. */
export interface StreamListener {
  readonly onOpen: () => void
  /** Whether a packed message may be unpacked now: that costs us more than the venue. */
  readonly mayUnpack: () => boolean
  readonly onText: (text: string) => void
  /** A ping or pong frame, which costs little but not nothing. */
  readonly onBeat: () => void
  readonly onEnd: (error: OracleError) => void
}

/** A connection as its user sees it. */
export interface StreamSocket {
  /** Sends a text; nothing happens when the connection is not open. */
  readonly send: (text: string) => void
  /** Ends it at once and without a word to the listener; idempotent. */
  readonly end: () => void
}

/** A message comes in one piece or a few: our venues never cut one. */
const FRAGMENTS_MAX = 16
/** TCP hands over at least a few bytes each time, unless somebody means harm. */
const CHUNKS_MAX = 4_096
const HEADER_BYTES_MAX = 16_384
/** Pongs that wait for a venue that pings and does not read. */
const PONGS_MAX = 8
/** What we send is a few hundred bytes: more of it waits only where nobody reads. */
const UNSENT_BYTES_MAX = 65_536
/** What a venue says when it closes, for the log. */
const REASON_LENGTH_MAX = 120

/**
 * Connects to one stream: no redirect is followed, no compression agreed on (a few bytes of it
 * would fill the memory), and a message is counted while it arrives. Does not throw: whatever goes
 * wrong is the end of the connection, with one of the SOURCE_ codes of docs/errors.md.
 */
export function openStreamSocket(
  options: StreamSocketOptions,
  listener: StreamListener,
): StreamSocket {
  const { url, frameBytesMax, lookup, nowMs } = options
  const bounds = {
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: frameBytesMax,
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: CHUNKS_MAX,
    maxPendingAutoPongs: PONGS_MAX,
    maxHeaderSize: HEADER_BYTES_MAX,
    lookup,
    ...pinning(options.pins),
  }
  const socket = new WebSocket(url, bounds)
  let isOver = false
  const finish = (error: OracleError | null) => {
    if (isOver) return
    isOver = true
    socket.terminate()
    if (error !== null) listener.onEnd(error)
  }
  socket.on('open', () => {
    if (!isOver) listener.onOpen()
  })
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isOver || (isBinary && options.packing !== null && !listener.mayUnpack())) return
    const text = isBinary ? textOf(data, options) : data.toString('utf8')
    if (typeof text === 'string') listener.onText(text)
    else finish(text)
  })
  const beat = () => {
    if (!isOver) listener.onBeat()
  }
  socket.on('ping', beat)
  socket.on('pong', beat)
  socket.on('unexpected-response', (_, { statusCode, headers }: IncomingMessage) => {
    const scene = { url, nowMs: nowMs(), limitStatus: options.limitStatus }
    finish(statusFailure({ status: statusCode ?? 0, headers }, scene))
  })
  // Stays: a connection that is ended while it is made reports that as an error.
  socket.on('error', (cause) => finish(socketFailure(cause, options)))
  socket.on('close', (closeCode: number, reason: Buffer) => {
    finish(closed(url, { closeCode, reason: reason.toString('utf8').slice(0, REASON_LENGTH_MAX) }))
  })
  return {
    send: (text) => {
      if (isOver || socket.readyState !== WebSocket.OPEN) return
      if (socket.bufferedAmount > UNSENT_BYTES_MAX) finish(unheard(url))
      else socket.send(text)
    },
    end: () => finish(null),
  }
}

/**
 * The text of a message of bytes, or why the connection ends. Never more than `frameBytesMax` of it
 * are unpacked. On a stream that packs, plain texts are taken too: a replayed one sends them.
 */
function textOf(
  data: Buffer,
  { url, frameBytesMax, packing }: StreamSocketOptions,
): string | OracleError {
  if (packing === null) return invalid(url, 'sent bytes where a text was expected')
  try {
    const bytes = gunzipSync(data, { maxOutputLength: frameBytesMax })
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') return tooLarge(url, cause as Error)
    return invalid(url, 'sent bytes that do not unpack to a text', cause as Error)
  }
}

/** Errors of the protocol have codes of the library or none at all; those of the network have. */
function socketFailure(cause: Error, { url, timeoutMs }: StreamSocketOptions): OracleError {
  const code = codeOf(cause)
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return tooLarge(url, cause)
  }
  if (code === 'UNKNOWN' || code.startsWith('WS_ERR_')) {
    return invalid(url, 'does not keep to the WebSocket protocol', cause)
  }
  const hasHeaders = false
  return requestFailure(cause, { host: url.host, timeoutMs, hasHeaders, isLate: false })
}

function tooLarge(url: URL, cause: Error): OracleError {
  const what = 'sent a message of more than frameBytesMax; raise it if that is right'
  return failed({ code: 'SOURCE_FRAME_TOO_LARGE', url, what, cause })
}

function unheard(url: URL): OracleError {
  const what = 'asks for answers and does not read them'
  return failed({ code: 'SOURCE_STREAM_FLOOD', url, what })
}

function invalid(url: URL, what: string, cause?: Error): OracleError {
  const fault = cause === undefined ? {} : { fault: cause.message.slice(0, REASON_LENGTH_MAX) }
  return failed({ code: 'SOURCE_FRAME_INVALID', url, what, context: fault, cause })
}

function closed(
  url: URL,
  context: { readonly closeCode: number; readonly reason: string },
): OracleError {
  const what = `closed its stream with code ${context.closeCode}; it is polled until it is back`
  return failed({ code: 'SOURCE_STREAM_CLOSED', url, what, context })
}

function failed(failure: {
  readonly code:
    | 'SOURCE_FRAME_TOO_LARGE'
    | 'SOURCE_FRAME_INVALID'
    | 'SOURCE_STREAM_CLOSED'
    | 'SOURCE_STREAM_FLOOD'
  readonly url: URL
  /** Follows the name of the host. */
  readonly what: string
  readonly context?: Readonly<Record<string, string | number>>
  readonly cause?: Error | undefined
}): OracleError {
  const { code, url, what, context = {}, cause } = failure
  return new OracleError(code, `${url.host} ${what}`, {
    context: { host: url.host, ...context },
    ...(cause === undefined ? {} : { cause }),
  })
}
