import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { OracleError } from '../../node/errors.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import type { ConfiguredVenue } from '../../node/sources/configured-venues.ts'
import { VenueHosts } from '../../node/sources/hosts.ts'
import { isStreamOf, streamOpener } from '../../node/sources/stream-opener.ts'
import type { StreamSocket } from '../../node/sources/stream-socket.ts'
import { withHosts } from '../../node/sources/venue-config.ts'
import { htx } from '../../node/sources/venues/htx.ts'
import { kucoin } from '../../node/sources/venues/kucoin.ts'
import { closeFrame, frameOf, startHostileStream } from '../support/hostile-stream.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

type Settings = Partial<NonNullable<ConfiguredVenue['streamed']>>

const FRAME_BYTES_MAX = 4_096

interface Hearing {
  readonly onOpen?: (to: StreamSocket) => void
  readonly mayUnpack?: () => boolean
}

/** Opens a venue's stream as a node does; resolves when it ends. */
function connect(name: 'htx' | 'kucoin', settings: Settings, hearing: Hearing = {}) {
  const { onOpen, mayUnpack = () => true } = hearing
  const venue = { htx, kucoin }[name]
  const defaults = withHosts(sourcesConfigSchema.parse({}).venues[name], venue)
  const streamed = { ...defaults, frameBytesMax: FRAME_BYTES_MAX, access: 'local', ...settings }
  const config = streamed as NonNullable<ConfiguredVenue['streamed']>
  const opener = streamOpener(
    { venue: { ...venue, baseUrl: config.baseUrls[0] }, config, streamed: config },
    {
      hosts: new VenueHosts(config.baseUrls),
      clock: { nowMs: Date.now },
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    },
  )
  if (opener === null) throw new Error(`${name} has a stream`)
  const texts: string[] = []
  const { promise: ended, resolve } = Promise.withResolvers<OracleError>()
  const socket: StreamSocket = opener({
    onOpen: () => onOpen?.(socket),
    mayUnpack,
    onText: (text) => void texts.push(text),
    onBeat: () => undefined,
    onEnd: resolve,
  })
  open.push(async () => socket.end())
  return { texts, ended, socket }
}

async function hostile(...args: Parameters<typeof startHostileStream>): Promise<string> {
  const server = await startHostileStream(...args)
  open.push(server.stop)
  return server.url
}

const BYTES = 0x82
const packed = (text: string | Buffer) => frameOf(gzipSync(text), { first: BYTES })
const sending = (bytes: Buffer) => hostile({ after: (socket: Socket) => void socket.write(bytes) })

describe('a stream whose messages are packed', () => {
  test('is read as it was before it was packed, or as a plain text', async () => {
    const bytes = [packed('{"ping":1}'), frameOf('{"ping":2}'), closeFrame(1_000)]
    const streamUrl = await sending(Buffer.concat(bytes))
    const { texts, ended } = connect('htx', { streamUrl })
    expect((await ended).code).toBe('SOURCE_STREAM_CLOSED')
    expect(texts).toEqual(['{"ping":1}', '{"ping":2}'])
  })

  test('given a bomb, then no more of it is unpacked than a message may have', async () => {
    const bomb = packed(Buffer.alloc(3_000_000, ' '))
    expect(bomb.length).toBeLessThan(FRAME_BYTES_MAX)
    const { texts, ended } = connect('htx', { streamUrl: await sending(bomb) })
    expect((await ended).code).toBe('SOURCE_FRAME_TOO_LARGE')
    expect(texts).toEqual([])
  })

  test('given more than is afforded, then it is not even unpacked', async () => {
    const broken = frameOf('not packed', { first: BYTES })
    const bytes = [packed('{"ping":1}'), broken, closeFrame(1_000)]
    const streamUrl = await sending(Buffer.concat(bytes))
    const afforded = [true, false]
    const mayUnpack = () => afforded.shift() === true
    const { texts, ended } = connect('htx', { streamUrl }, { mayUnpack })
    expect((await ended).code).toBe('SOURCE_STREAM_CLOSED')
    expect(texts).toEqual(['{"ping":1}'])
  })

  const half = gzipSync('{"ping":1}').subarray(0, 20)
  test.each([
    ['bytes that are not packed', Buffer.from('{"ping":1}')],
    ['a message that was cut', half],
    [
      'a message with a wrong sum',
      Buffer.concat([gzipSync('{}').subarray(0, -8), Buffer.alloc(8)]),
    ],
    ['no byte at all', Buffer.alloc(0)],
    ['bytes that are no text', gzipSync(Buffer.of(0xc0, 0xff))],
  ])('given %s, then the connection ends', async (_, bytes) => {
    const streamUrl = await sending(frameOf(bytes, { first: BYTES }))
    const { texts, ended } = connect('htx', { streamUrl })
    expect((await ended).code).toBe('SOURCE_FRAME_INVALID')
    expect(texts).toEqual([])
  })
})

test('a venue that asks and does not read our answers is left', async () => {
  const streamUrl = await hostile({ after: (socket: Socket) => void socket.pause() })
  const { ended } = connect(
    'htx',
    { streamUrl },
    {
      onOpen: (socket) => {
        // More than the system takes on behalf of one who does not read.
        for (let sent = 0; sent < 64; sent++) socket.send('x'.repeat(1_000_000))
      },
    },
  )
  expect((await ended).code).toBe('SOURCE_STREAM_FLOOD')
})

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
}

/** A venue that gives tickets. */
async function giving(listener: RequestListener): Promise<{ baseUrl: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url })
    listener(request, response)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  open.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const ticketTo = (endpoint: string): RequestListener => {
  const data = { token: 'secret', instanceServers: [{ endpoint }] }
  const body = JSON.stringify({ code: '200000', data })
  return (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

describe('a stream that is entered with a ticket', () => {
  test('is asked where it is by a POST, and connected to with the token', async () => {
    const heads: string[] = []
    const stream = await hostile({
      after: (socket: Socket) => void socket.write(closeFrame(1_000)),
      onHead: (head) => heads.push(head),
    })
    const { baseUrl, asked } = await giving(ticketTo(stream))
    const { ended } = connect('kucoin', { baseUrls: [baseUrl] })
    expect((await ended).code).toBe('SOURCE_STREAM_CLOSED')
    expect(asked).toEqual([{ method: 'POST', url: '/api/v1/bullet-public' }])
    expect(heads[0]).toMatch(/^GET \/\?token=secret HTTP/)
  })

  test('whose address is set is connected to there, without a ticket', async () => {
    const streamUrl = await sending(closeFrame(1_000))
    const { baseUrl, asked } = await giving(ticketTo('ws://127.0.0.1:1/'))
    expect((await connect('kucoin', { baseUrls: [baseUrl], streamUrl }).ended).code).toBe(
      'SOURCE_STREAM_CLOSED',
    )
    expect(asked).toEqual([])
  })

  test.each([
    // Every name leads to this machine here, which is no public address.
    ['in another network', 'wss://ws.kucoin.com/', 'public'],
    ['of somebody else', 'wss://ws.kucoin.example/', 'public'],
    ['without TLS on the internet', 'ws://203.0.113.7/', 'local'],
    ['with a password', 'ws://user:pass@127.0.0.1:1/', 'local'],
    ['of another kind', 'file:///etc/passwd', 'local'],
    ['that is none', 'nowhere', 'local'],
  ] as const)('given an address %s, then nothing is connected to', async (_, endpoint, access) => {
    const { baseUrl } = await giving(ticketTo(endpoint))
    const code = (await connect('kucoin', { baseUrls: [baseUrl], access }).ended).code
    expect(code).toBe('SOURCE_ADDRESS_FORBIDDEN')
  })

  const pins = ['A', 'B'].map((letter) => `sha256/${letter.repeat(43)}=`)
  const stream = { 'ws-api-spot.kucoin.com': pins }

  test.each([
    ['of its stream lead to none beside them', stream, 'wss://127.0.0.1:1/', 'SOURCE_PIN_MISMATCH'],
    [
      'of its stream lead to a host that shows no key',
      { ...stream, '127.0.0.1': pins },
      'ws://127.0.0.1:1/',
      'SOURCE_PIN_MISMATCH',
    ],
    [
      'of its stream lead to one of them',
      { ...stream, '127.0.0.1': pins },
      'wss://127.0.0.1:1/',
      'SOURCE_UNREACHABLE',
    ],
    ['are of others lead anywhere', { other: pins }, 'wss://127.0.0.1:1/', 'SOURCE_UNREACHABLE'],
  ])('whose pins %s, has its code', async (_, named, endpoint, code) => {
    const { baseUrl } = await giving(ticketTo(endpoint))
    const { ended } = connect('kucoin', { baseUrls: [baseUrl], pins: named })
    expect((await ended).code).toBe(code)
  })

  test.each([
    ['a refused region', 403, '{}', 'SOURCE_REGION_BLOCKED'],
    ['a page', 200, '<html>', 'SOURCE_JSON_INVALID'],
    ['a refusal', 200, '{"code":"429000","msg":"x"}', 'SOURCE_REFUSED'],
    ['more than a ticket', 200, `"${'x'.repeat(20_000)}"`, 'SOURCE_BODY_TOO_LARGE'],
    ['another shape', 200, '{"code":"200000","data":[]}', 'SOURCE_ANSWER_UNEXPECTED'],
  ])('given %s for a ticket, then it has its code', async (_, status, body, code) => {
    const { baseUrl } = await giving((_, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body),
    )
    expect((await connect('kucoin', { baseUrls: [baseUrl] }).ended).code).toBe(code)
  })

  test.each([
    ['wss://ws-api-spot.kucoin.com/?token=x', true],
    ['wss://kucoin.com/', true],
    ['wss://notkucoin.com/', false],
    ['wss://kucoin.com.example/', false],
    ['wss://10.0.0.1/', false],
    ['ws://ws-api-spot.kucoin.com/', false],
    ['wss://user@ws-api-spot.kucoin.com/', false],
    ['https://ws-api-spot.kucoin.com/', false],
  ])('at %s is one of the venue: %s', (address, expected) => {
    expect(isStreamOf(address, { domain: 'kucoin.com', access: 'public' })).toBe(expected)
  })
})
