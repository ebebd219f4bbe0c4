import type { Dispatcher } from 'undici'
import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, type OracleError } from '../errors.ts'
import type { OpenStream } from '../sources/stream-connection.ts'
import type { TrafficTap } from '../sources/tap.ts'
import type { Entry, RecordedAnswer } from './entry.ts'
import { BODY_BYTES_MAX, bodyOf, headersKept, withoutSecrets } from './entry.ts'

export interface TapOptions {
  readonly nowMs: () => UnixMs
  /** The header with which a venue counts weight; null where it has none. */
  readonly usedWeightOf: (venue: VenueName) => string | null
  readonly note: (entry: Entry) => void
}

/** Ends that the asking side chose; every other one is the network's or the venue's. */
const ABANDONED: ReadonlySet<string> = new Set([
  'UND_ERR_ABORTED',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
])
const OVERSIZED = 'UND_ERR_RES_EXCEEDED_MAX_SIZE'

/** Makes an entry of each answer and of each turn of a stream. */
export function recordingTap(options: TapOptions): TrafficTap {
  let connections = 0
  return {
    polls: (venue, { dispatcher, baseUrls }) => {
      // Two may be at one origin: the longest that fits is the one that was asked.
      const bases = baseUrls
        .map((url) => new URL(url))
        .map(({ origin, pathname }) => ({ origin, prefix: pathname.replace(/\/$/, '') }))
        .toSorted((a, b) => b.prefix.length - a.prefix.length)
      return dispatcher.compose((dispatch) => (asked, handler) => {
        const base = bases.find(
          ({ origin, prefix }) =>
            origin === String(asked.origin) && asked.path.startsWith(`${prefix}/`),
        )
        const path = withoutSecrets(asked.path.slice(base?.prefix.length ?? 0))
        return dispatch(asked, heard(handler, answerNote({ venue, path }, options)))
      })
    },
    stream: (venue, open) => {
      return (listener) => {
        connections += 1
        return openHeard({ venue, connection: connections, open, listener }, options)
      }
    },
  }
}

interface AnswerNote {
  readonly begin: (status: number, headers: Headers) => void
  readonly take: (chunk: Buffer) => void
  readonly end: (ending: RecordedAnswer['ending']) => void
}

type Headers = Parameters<typeof headersKept>[0]

function answerNote(
  { venue, path }: { readonly venue: VenueName; readonly path: string },
  { nowMs, usedWeightOf, note }: TapOptions,
): AnswerNote {
  const sentMs = nowMs()
  const chunks: Buffer[] = []
  let bytes = 0
  let isOver = false
  let begun: Pick<RecordedAnswer, 'status' | 'headers'> = { status: null, headers: {} }
  return {
    begin: (status, headers) => {
      // Before the final answer a server may send others, which say nothing.
      if (status < 200) return
      begun = { status, headers: headersKept(headers, usedWeightOf(venue)) }
    },
    take: (chunk) => {
      bytes += chunk.length
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
    },
    end: (ending) => {
      if (isOver) return
      isOver = true
      const body = bodyOf(Buffer.concat(chunks))
      note({ type: 'answer', venue, path, sentMs, atMs: nowMs(), ...begun, body, ending })
    },
  }
}

/** A handler that lets `note` hear everything first. */
function heard(handler: Dispatcher.DispatchHandler, note: AnswerNote): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart: (controller, status, headers, message) => {
      note.begin(status, headers)
      handler.onResponseStart?.(controller, status, headers, message)
    },
    onResponseData: (controller, chunk) => {
      note.take(chunk)
      handler.onResponseData?.(controller, chunk)
    },
    onResponseEnd: (controller, trailers) => {
      note.end('whole')
      handler.onResponseEnd?.(controller, trailers)
    },
    onResponseError: (controller, error) => {
      note.end(endingBy(error))
      handler.onResponseError?.(controller, error)
    },
  }
}

function endingBy(error: Error): RecordedAnswer['ending'] {
  const code = codeOf(error)
  if (code === OVERSIZED) return 'oversized'
  return error.name === 'AbortError' || ABANDONED.has(code) ? 'abandoned' : 'broken'
}

interface HeardStream {
  readonly venue: VenueName
  readonly connection: number
  readonly open: OpenStream
  readonly listener: Parameters<OpenStream>[0]
}

function openHeard(
  { venue, connection, open, listener }: HeardStream,
  { nowMs, note }: TapOptions,
): ReturnType<OpenStream> {
  const on = () => ({ venue, connection, atMs: nowMs() })
  let isOver = false
  const close = (error: OracleError | null) => {
    if (isOver) return
    isOver = true
    const { status = null, closeCode = null } = error?.context ?? {}
    note({
      type: 'closed',
      ...on(),
      code: error?.code ?? null,
      status: typeof status === 'number' && status >= 100 && status <= 599 ? status : null,
      closeCode: typeof closeCode === 'number' && closeCode >= 1_000 ? closeCode : null,
    })
  }
  note({ type: 'connect', ...on() })
  const socket = open({
    onOpen: () => {
      note({ type: 'open', ...on() })
      listener.onOpen()
    },
    mayUnpack: () => listener.mayUnpack(),
    onText: (text) => {
      note({ type: 'frame', ...on(), text })
      listener.onText(text)
    },
    onBeat: () => listener.onBeat(),
    onEnd: (error) => {
      close(error)
      listener.onEnd(error)
    },
  })
  return {
    send: (text) => {
      note({ type: 'sent', ...on(), text })
      socket.send(text)
    },
    end: () => {
      close(null)
      socket.end()
    },
  }
}
