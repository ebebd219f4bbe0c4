import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { Opened, Streams } from './streams.ts'

/** Tells browsers to come back after so long. */
const RETRY_MS = 2_000

/**
 * Answers with server-sent events: one `certificate` a round, its round as the id. Ends when the
 * reader leaves or is ended.
 *
 * @returns refused without having answered, or opened
 */
export function openEventStream(
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  use: { readonly streams: Streams; readonly feeds: readonly FeedIndex[] },
): Opened {
  const { request, reply } = exchange
  const { raw } = reply
  let hasBegun = false
  const write = (text: string) => {
    if (!hasBegun) {
      hasBegun = true
      begin(reply)
    }
    return raw.write(text)
  }
  const opened = use.streams.open({
    address: request.ip,
    feeds: use.feeds,
    sink: {
      send: (text, round) => write(`event: certificate\nid: ${round}\ndata: ${text}\n\n`),
      beat: () => void write(':\n\n'),
      end: () => void raw.destroy(),
    },
  })
  if (opened.type === 'refused') return opened
  const { reader } = opened
  raw.on('drain', () => reader.drained())
  raw.on('error', () => raw.destroy())
  raw.once('close', () => reader.closed())
  write(`retry: ${RETRY_MS}\n\n`)
  return opened
}

function begin(reply: FastifyReply): void {
  reply.hijack()
  // The server ends idle connections; here silence is watched by the streams.
  reply.raw.socket?.setTimeout(0)
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)
  reply.raw.writeHead(200, {
    ...Object.fromEntries(headers),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'close',
  })
}
