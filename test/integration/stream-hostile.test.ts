import { afterEach, describe, expect, test } from 'vitest'
import type { OracleError } from '../../node/errors.ts'
import { guardedLookup } from '../../node/sources/agent.ts'
import { StreamConnection } from '../../node/sources/stream-connection.ts'
import { openStreamSocket } from '../../node/sources/stream-socket.ts'
import type { StreamAnswer } from '../../node/sources/venue.ts'
import { binance } from '../../node/sources/venues/binance.ts'
import type { HostileStream } from '../support/hostile-stream.ts'
import { bombFrame, closeFrame, frameOf, startHostileStream } from '../support/hostile-stream.ts'

const open: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.stop()
})

const MARKETS = [{ market: 'BTC/USDT', symbol: 'BTCUSDT' }]
const LIMITS = { timeoutMs: 5_000, streamIdleMs: 5_000, framesPerSecondMax: 50 }
const FRAME_BYTES_MAX = 4_096
/** Time stands still, so that a limit a second is exact. */
const START_MS = 1_760_000_000_000

interface Heard {
  readonly answers: StreamAnswer[]
  readonly refusals: string[]
  readonly ended: Promise<OracleError>
  readonly connection: StreamConnection
  frames: number
}

async function behaving(...args: Parameters<typeof startHostileStream>): Promise<HostileStream> {
  const server = await startHostileStream(...args)
  open.push(server)
  return server
}

/** Connects as a node does, and remembers what came of it. */
function connectTo(url: string, access: 'local' | 'public' = 'local'): Heard {
  const { stream } = binance
  if (stream === null) throw new Error('Binance has a stream')
  const { promise: ended, resolve } = Promise.withResolvers<OracleError>()
  const heard = { answers: [] as StreamAnswer[], refusals: [] as string[], frames: 0 }
  const lookup = guardedLookup(access, async () => [{ address: '127.0.0.1', family: 4 }])
  const socket = {
    url: new URL(url),
    timeoutMs: 60_000,
    frameBytesMax: FRAME_BYTES_MAX,
    packing: null,
    pins: {},
    lookup,
  }
  const connection = new StreamConnection(
    { venue: 'binance', stream, markets: MARKETS, limits: LIMITS },
    {
      nowMs: () => START_MS,
      open: (listener) => openStreamSocket({ ...socket, nowMs: () => START_MS }, listener),
      onFrame: () => {
        heard.frames += 1
      },
      onAnswers: (_, answers) => heard.answers.push(...answers),
      onRefused: ({ code }) => heard.refusals.push(code),
      onEnd: (_, error) => resolve(error),
    },
  )
  open.push({ stop: async () => connection.end() })
  return Object.assign(heard, { ended, connection })
}

const book = (symbol: string) =>
  JSON.stringify({
    stream: `${symbol.toLowerCase()}@bookTicker`,
    data: { s: symbol, b: '5', a: '6' },
  })

describe('a stream that means harm', () => {
  test.each([
    ['a message that says it is huge', frameOf('', { length: 2 ** 31 }), 'SOURCE_FRAME_TOO_LARGE'],
    ['a message above the limit', frameOf('x'.repeat(5_000)), 'SOURCE_FRAME_TOO_LARGE'],
    ['bytes where a text should be', frameOf('{}', { first: 0x82 }), 'SOURCE_FRAME_INVALID'],
    ['a compressed bomb', bombFrame(), 'SOURCE_FRAME_INVALID'],
    ['bytes that are no UTF-8', frameOf(Buffer.of(0xc0, 0xff)), 'SOURCE_FRAME_INVALID'],
    [
      'a frame as only clients send it',
      frameOf('', { length: 0 }).fill(0x81, 1),
      'SOURCE_FRAME_INVALID',
    ],
    ['no JSON', frameOf('{"price":NaN}'), 'SOURCE_JSON_INVALID'],
    ['JSON of another shape', frameOf('[[["surprise"]]]'), 'SOURCE_ANSWER_UNEXPECTED'],
    ['a good-bye', closeFrame(1_001), 'SOURCE_STREAM_CLOSED'],
  ])('%s ends the connection with a code', async (_, bytes, code) => {
    const server = await behaving({ after: (socket) => void socket.write(bytes) })
    const heard = connectTo(server.url)
    expect((await heard.ended).code).toBe(code)
    expect(heard.answers).toEqual([])
  })

  test('the words of a good-bye are kept', async () => {
    const server = await behaving({ after: (socket) => void socket.write(closeFrame(4_005)) })
    expect((await connectTo(server.url).ended).context).toMatchObject({ closeCode: 4_005 })
  })

  test('a message in endless pieces ends at the limit of pieces, long before that of bytes', async () => {
    const server = await behaving({
      after(socket) {
        socket.write(frameOf('[', { first: 0x01 }))
        for (let piece = 0; piece < 100; piece++) socket.write(frameOf('1', { first: 0x00 }))
      },
    })
    expect((await connectTo(server.url).ended).code).toBe('SOURCE_FRAME_INVALID')
  })

  test('a flood ends it, and nothing is read after that', async () => {
    const flood = Buffer.concat(Array(1_000).fill(frameOf(book('BTCUSDT'))))
    const server = await behaving({ after: (socket) => void socket.write(flood) })
    const heard = connectTo(server.url)
    expect((await heard.ended).code).toBe('SOURCE_STREAM_FLOOD')
    expect(heard.frames).toBe(LIMITS.framesPerSecondMax)
  })

  test('pings and pongs count as well', async () => {
    for (const first of [0x89, 0x8a]) {
      const flood = Buffer.concat(Array(1_000).fill(frameOf('', { first })))
      const server = await behaving({ after: (socket) => void socket.write(flood) })
      expect((await connectTo(server.url).ended).code).toBe('SOURCE_STREAM_FLOOD')
    }
  })

  test('memory does not grow under a message that never ends', async () => {
    const piece = frameOf('x'.repeat(1_000), { first: 0x00 })
    const server = await behaving({
      after(socket) {
        socket.write(frameOf('[', { first: 0x01 }))
        const pour = () => {
          while (!socket.destroyed && socket.write(piece));
        }
        socket.on('drain', pour)
        pour()
      },
    })
    const beforeBytes = process.memoryUsage().arrayBuffers
    expect((await connectTo(server.url).ended).code).toBe('SOURCE_FRAME_TOO_LARGE')
    expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(8 * 2 ** 20)
  })

  test('markets that nobody asked for are ignored, and a refusal ends nothing', async () => {
    const refusal = '{"error":{"code":2,"msg":"Invalid request"},"id":1}'
    const bytes = [book('EVILUSDT'), refusal, book('BTCUSDT')].map((each) => frameOf(each))
    const end = closeFrame(1_000)
    const server = await behaving({
      after: (socket) => void socket.write(Buffer.concat([...bytes, end])),
    })
    const heard = connectTo(server.url)
    await heard.ended
    expect(heard.frames).toBe(3)
    expect(heard.answers.map(({ market }) => market)).toEqual(['BTC/USDT'])
    expect(heard.refusals).toEqual(['SOURCE_REFUSED'])
  })
})

const answering = (status: string, headers = '') =>
  `HTTP/1.1 ${status}\r\ncontent-length: 0\r\n${headers}\r\n`

describe('an upgrade that is none', () => {
  test.each([
    ['a refused region', answering('403 Forbidden'), 'SOURCE_REGION_BLOCKED'],
    ['a legal block', answering('451 Unavailable'), 'SOURCE_REGION_BLOCKED'],
    ['a limit', answering('429 Slow down', 'retry-after: 7\r\n'), 'SOURCE_RATE_LIMITED'],
    ['a page', answering('200 OK'), 'SOURCE_STATUS_UNEXPECTED'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'SOURCE_UNREACHABLE'],
    ['endless headers', `HTTP/1.1 101 x\r\n${'a: b\r\n'.repeat(9_000)}`, 'SOURCE_UNREACHABLE'],
  ])('%s has its code', async (_, answer, code) => {
    const server = await behaving({ answer })
    expect((await connectTo(server.url).ended).code).toBe(code)
  })

  test('how long to wait is read from it', async () => {
    const server = await behaving({ answer: answering('429 Slow down', 'retry-after: 7\r\n') })
    expect((await connectTo(server.url).ended).context.retryAfterMs).toBe(7_000)
  })

  test('a redirect is not followed', async () => {
    let asked = 0
    const elsewhere = await behaving({
      after: () => {
        asked += 1
      },
    })
    const location = `location: ${elsewhere.url}\r\n`
    const server = await behaving({ answer: answering('302 Found', location) })
    expect((await connectTo(server.url).ended).code).toBe('SOURCE_REDIRECTED')
    expect(asked).toBe(0)
  })

  test('compression that was not offered is refused', async () => {
    const server = await behaving({ headers: 'sec-websocket-extensions: permessage-deflate\r\n' })
    expect((await connectTo(server.url).ended).code).toBe('SOURCE_FRAME_INVALID')
  })

  test('an answer to somebody else is refused', async () => {
    const answer =
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
      'sec-websocket-accept: c29tZWJvZHkgZWxzZSdzIGtleQ==\r\n\r\n'
    const server = await behaving({ answer })
    expect((await connectTo(server.url).ended).code).toBe('SOURCE_FRAME_INVALID')
  })

  test('nobody there, or at an address where no venue may be', async () => {
    const server = await behaving({})
    await server.stop()
    expect((await connectTo(server.url).ended).code).toBe('SOURCE_UNREACHABLE')
    const named = `wss://stream.example:${new URL(server.url).port}/`
    expect((await connectTo(named, 'public').ended).code).toBe('SOURCE_ADDRESS_FORBIDDEN')
  })

  test('silence after the request is ended by the watch', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const server = await behaving({ answer: '', after: () => resolve() })
    const heard = connectTo(server.url)
    await asked
    heard.connection.watch(START_MS + LIMITS.timeoutMs)
    expect((await heard.ended).code).toBe('SOURCE_TIMEOUT')
  })
})
