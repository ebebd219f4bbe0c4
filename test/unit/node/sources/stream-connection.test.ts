import { describe, expect, test } from 'vitest'
import type { OracleError } from '../../../../node/errors.ts'
import { StreamConnection } from '../../../../node/sources/stream-connection.ts'
import type { StreamEvent, VenueStream } from '../../../../node/sources/venue.ts'
import { FakeSocket, PLAIN_STREAM, START_MS } from '../../../support/fake-streams.ts'

const EVENTS: Readonly<Record<string, StreamEvent>> = {
  welcome: { type: 'welcome' },
  question: { type: 'heartbeat', reply: 'here' },
}

const read = (frame: unknown): StreamEvent => EVENTS[String(frame)] ?? { type: 'ignored' }

/** A connection whose venue waits for something before it takes subscriptions. */
function connectionTo(subscribeAfter: VenueStream['subscribeAfter']) {
  const time = { nowMs: START_MS }
  const ends: OracleError[] = []
  const sockets: FakeSocket[] = []
  const stream: VenueStream = {
    ...PLAIN_STREAM,
    ...(subscribeAfter !== undefined && { subscribeAfter }),
    subscribe: (markets, nowMs) => [`${markets.length} at ${nowMs - START_MS}`],
    reader: () => read,
  }
  const connection = new StreamConnection(
    {
      venue: 'plain',
      stream,
      markets: [{ market: 'BTC/USD', symbol: 'BTCUSD' }],
      limits: { timeoutMs: 2_000, streamIdleMs: 20_000, framesPerSecondMax: 100 },
    },
    {
      nowMs: () => time.nowMs,
      open: (listener) => {
        const socket = new FakeSocket(listener)
        sockets.push(socket)
        return socket
      },
      onFrame: () => undefined,
      onAnswers: () => undefined,
      onRefused: () => undefined,
      onEnd: (_, error) => void ends.push(error),
    },
  )
  const [socket] = sockets
  if (socket === undefined) throw new Error('it opens a connection at once')
  socket.accept()
  const watchAfter = (ms: number) => {
    time.nowMs += ms
    connection.watch(time.nowMs)
  }
  return { socket, ends, watchAfter }
}

describe('a venue that takes subscriptions', () => {
  test('at once, is asked when it is open', () => {
    const { socket, watchAfter } = connectionTo(undefined)
    expect(socket.sent).toEqual(['1 at 0'])
    watchAfter(2_000)
    expect(socket.sent).toEqual(['1 at 0'])
  })

  test('after a second, is asked then and once', () => {
    const { socket, watchAfter } = connectionTo(1_000)
    watchAfter(999)
    expect(socket.sent).toEqual([])
    watchAfter(1)
    watchAfter(1_000)
    expect(socket.sent).toEqual(['1 at 1000'])
  })

  test('when it has welcomed us, is asked then, however often it does', () => {
    const { socket, ends, watchAfter } = connectionTo('welcome')
    watchAfter(1_999)
    expect(socket.sent).toEqual([])
    socket.say('"welcome"')
    socket.say('"welcome"')
    watchAfter(5_000)
    expect(socket.sent).toEqual(['1 at 1999'])
    expect(ends).toEqual([])
  })

  test('but never welcomes us, is left within timeoutMs, whatever else it says', () => {
    const { socket, ends, watchAfter } = connectionTo('welcome')
    watchAfter(1_999)
    socket.say('"something"')
    watchAfter(1)
    expect(ends.map(({ code }) => code)).toEqual(['SOURCE_TIMEOUT'])
    expect(socket.sent).toEqual([])
  })
})

test('a venue that asks whether we are there is answered', () => {
  const { socket } = connectionTo(undefined)
  socket.say('"question"')
  expect(socket.sent).toEqual(['1 at 0', 'here'])
})

describe('a venue that sends much', () => {
  const FOUR_KIB = '"something"'.padEnd(4_096)

  test('spends its messages by their bytes', () => {
    const { socket, ends } = connectionTo(undefined)
    for (let each = 0; each < 50; each++) socket.say(`${FOUR_KIB} `)
    expect(ends).toEqual([])
    socket.say('"something"')
    expect(ends.map(({ code }) => code)).toEqual(['SOURCE_STREAM_FLOOD'])
  })

  test('is heard once, however large its first message is', () => {
    const { socket, ends } = connectionTo(undefined)
    socket.say(FOUR_KIB.padEnd(1_000_000))
    expect(ends).toEqual([])
  })

  test('and packed, has nothing unpacked any more when they are spent', () => {
    const { socket, ends } = connectionTo(undefined)
    for (let each = 0; each < 100; each++) {
      expect(socket.listener.mayUnpack()).toBe(true)
      socket.say(FOUR_KIB)
    }
    expect(socket.listener.mayUnpack()).toBe(false)
    expect(ends.map(({ code }) => code)).toEqual(['SOURCE_STREAM_FLOOD'])
    expect(socket.listener.mayUnpack()).toBe(false)
    expect(ends).toHaveLength(1)
  })
})
