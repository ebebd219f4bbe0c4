import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../../aggregator/context.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import { codeOf } from '../errors.ts'
import {
  type HttpApp,
  type HttpDependencies,
  type HttpLimits,
  refuse,
  refuseForNow,
  sendJson,
} from '../http/http.ts'
import { lookAround } from '../http/look-around.ts'
import { Answers } from './answers.ts'
import { FeedChoices } from './choices.ts'
import { openEventStream } from './event-stream.ts'
import { type History, type HistoryQuery, historyOf } from './history.ts'
import { type OwnRoutes, openApiDocument } from './openapi.ts'
import type { Certificates } from './shelf.ts'
import { STREAM_LIMITS, Streams } from './streams.ts'
import { type Admission, WebSockets } from './web-socket.ts'

export interface CertificateRoutes {
  readonly answers: Answers
  readonly streams: Streams
  /** Other limits from now on; connections and readers that are here stay. */
  readonly setLimits: (limits: ServedLimits) => void
}

/** Limits of a server of certificates; they can change while it runs. */
export interface ServedLimits extends HttpLimits {
  /** Readers of both streams at once. */
  readonly streamReadersMax: number
}

interface FeedsQuery {
  readonly Querystring: { readonly feeds?: string | readonly string[] }
}

/** Leaves whose hashing takes about as long as a request takes otherwise. */
const FEEDS_PER_REQUEST = 64

/**
 * Adds what nodes and gateways serve alike: certificates with proofs and calldata, those of the
 * past, both streams, and the document that describes them. Closing the app ends the streams.
 */
export function addCertificateRoutes(
  { app, admit, setLimits: setHttpLimits }: HttpApp,
  use: {
    readonly context: Context
    readonly certificates: Certificates
    /** Certificates of the past; null where none are kept. */
    readonly history: History | null
    /** Number of the committee on contracts. */
    readonly epoch: () => number
    readonly readersMax: number
    readonly onReaderCut: HttpDependencies['onReaderCut']
    /** What the document describes besides. */
    readonly own: OwnRoutes
  },
): CertificateRoutes {
  const { context, certificates, history, epoch, readersMax, onReaderCut, own } = use
  const answers = new Answers(context, epoch)
  const streams = new Streams(
    { readersMax, ...STREAM_LIMITS },
    {
      ...{ certificates, answers, nowMs: () => performance.now() },
      onStalled: () => onReaderCut('stream'),
    },
  )
  const choices = new FeedChoices(context)
  addCertificates(app, { answers, choices, certificates, admit })
  addHistory(app, { context, history })
  app.get<FeedsQuery>('/v1/stream', { exposeHeadRoute: false }, async (request, reply) => {
    const choice = choices.of(namesIn(request.query))
    if (choice.type === 'refused') return refuse(reply, 400, choice.code)
    const opened = openEventStream({ request, reply }, { streams, feeds: choice.feeds })
    return opened.type === 'refused' ? refuse(reply, 503, opened.code) : reply
  })
  const document = JSON.stringify(openApiDocument(own))
  app.get('/v1/openapi.json', async (_, reply) => sendJson(reply, document))
  addWebSockets(app, { streams, admit, choices })
  followLifeOf(app, streams)
  const setLimits = (limits: ServedLimits) => {
    setHttpLimits(limits)
    streams.setReadersMax(limits.streamReadersMax)
  }
  return { answers, streams, setLimits }
}

function addCertificates(
  app: FastifyInstance,
  use: {
    readonly answers: Answers
    readonly choices: FeedChoices
    readonly certificates: Certificates
    readonly admit: HttpApp['admit']
  },
): void {
  const { answers, choices, certificates, admit } = use
  const answer = (
    { request, reply }: { readonly request: FastifyRequest<FeedsQuery>; reply: FastifyReply },
    found: Verified<Certificate> | null,
  ) => {
    const choice = choices.of(namesIn(request.query))
    if (choice.type === 'refused') return refuse(reply, 400, choice.code)
    if (found === null) return refuse(reply, 404, 'CERTIFICATE_NONE')
    // Whoever asks for it first has the newest one hashed for all; a past one for itself.
    const isFree = found === certificates.latest() || answers.holds(found)
    if (!isFree && !admit(request.ip, costOf(found))) return refuseForNow(reply)
    return sendJson(reply, answers.textOf(found, choice.feeds))
  }
  app.get<FeedsQuery>('/v1/certificates/latest', async (request, reply) =>
    answer({ request, reply }, certificates.latest()),
  )
  app.get<FeedsQuery & { Params: { round: string } }>(
    '/v1/certificates/:round',
    async (request, reply) => {
      const { round } = request.params
      if (!/^[1-9][0-9]{0,15}$/.test(round)) return refuse(reply, 400, 'API_REQUEST_INVALID')
      return answer({ request, reply }, certificates.of(Number(round)))
    },
  )
}

/** As how many requests the hashing of a past certificate's tree counts. */
function costOf({ message }: Verified<Certificate>): number {
  return Math.ceil(message.words.length / FEEDS_PER_REQUEST)
}

function addHistory(
  app: FastifyInstance,
  { context, history }: { readonly context: Context; readonly history: History | null },
): void {
  app.get<{ Querystring: HistoryQuery }>('/v1/certificates', async (request, reply) => {
    if (history === null) return refuse(reply, 404, 'HISTORY_NONE')
    try {
      const page = await historyOf(request.query, { context, history })
      return page ?? refuse(reply, 400, 'API_REQUEST_INVALID')
    } catch (error) {
      if (codeOf(error) !== 'HISTORY_BUSY') throw error
      return refuse(reply.header('retry-after', '1'), 503, 'HISTORY_BUSY')
    }
  })
}

function namesIn({ feeds }: FeedsQuery['Querystring']): string | undefined {
  return typeof feeds === 'object' ? feeds.join(',') : feeds
}

function addWebSockets(
  app: FastifyInstance,
  use: {
    readonly streams: Streams
    readonly admit: HttpApp['admit']
    readonly choices: FeedChoices
  },
): void {
  const sockets = new WebSockets({
    streams: use.streams,
    nowMs: () => performance.now(),
    admit: (request): Admission => {
      const refused = (status: number, code: string) => ({ type: 'refused', status, code }) as const
      if (!use.admit(request.socket.remoteAddress ?? '')) {
        return refused(429, 'API_TOO_MANY_REQUESTS')
      }
      const url = URL.parse(request.url ?? '', 'http://gateway')
      if (url === null) return refused(400, 'API_REQUEST_INVALID')
      if (url.pathname !== '/v1/ws') return refused(404, 'API_NOT_FOUND')
      const choice = use.choices.of(url.searchParams.getAll('feeds').join(','))
      return choice.type === 'refused'
        ? refused(400, choice.code)
        : { type: 'admitted', feeds: choice.feeds }
    },
  })
  app.server.on('upgrade', (request, socket, head) => sockets.upgrade({ request, socket, head }))
}

/** Streams end before the server closes: it would wait for their connections for ever. */
function followLifeOf(app: FastifyInstance, streams: Streams): void {
  app.addHook('onListen', async () => streams.start())
  lookAround(app, () => streams.look())
  app.addHook('preClose', async () => streams.stop())
}
