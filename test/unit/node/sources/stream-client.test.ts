import { afterEach, describe, expect, test } from 'vitest'
import { OracleError } from '../../../../node/errors.ts'
import { DrivenStream } from '../../../support/fake-streams.ts'

const open: DrivenStream[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop()
})

function driven(options: { readonly jitter?: number } = {}): DrivenStream {
  const stream = new DrivenStream(options)
  open.push(stream)
  return stream
}

const lost = (code = 'SOURCE_STREAM_CLOSED', context = {}) =>
  new OracleError(code, 'the test says so', { context })
const bids = (stream: DrivenStream) =>
  stream.reports.flatMap(({ quotes }) => quotes.map(({ market, quote }) => [market, quote.bid]))

describe('one connection', () => {
  test('subscribes when it is open, and hands on what the venue says', async () => {
    const stream = driven()
    expect(stream.client.status()).toMatchObject({ state: 'connecting', code: null })
    stream.socket.accept()
    expect(stream.socket.sent).toEqual(['subscribe BTC/USD,ETH/USD'])
    stream.socket.say({ bid: 5, ask: 6 })
    await stream.pass(50)
    expect(bids(stream)).toEqual([['BTC/USD', 5n]])
    expect(stream.client.status()).toEqual({
      state: 'open',
      code: 'ok',
      marketsStreamed: 1,
      frames: 1,
      reconnects: 0,
    })
  })

  test('a hundred messages of a window are one quote, with every field that any of them had', async () => {
    const stream = driven()
    stream.socket.accept()
    for (let bid = 1; bid <= 98; bid++) stream.socket.say({ bid, ask: 100 })
    stream.socket.say({ last: 77, lastTradeMs: 3 })
    stream.socket.say({ market: 'ETH/USD', bid: 7, ask: 8 })
    await stream.pass(50)
    expect(stream.reports).toMatchObject([
      {
        frames: 100,
        quotes: [
          { market: 'BTC/USD', quote: { bid: 98n, ask: 100n, last: 77n, lastTradeMs: 3 } },
          { market: 'ETH/USD', quote: { bid: 7n, ask: 8n } },
        ],
      },
    ])
  })

  test('within a window, what is older by the venue is left out', async () => {
    const stream = driven()
    stream.socket.accept()
    stream.socket.say({ bid: 5, venueMs: 2_000 })
    stream.socket.say({ bid: 4, venueMs: 1_000 })
    await stream.pass(50)
    expect(bids(stream)).toEqual([['BTC/USD', 5n]])
  })

  test('pings as the venue wants it, and takes the bare answer', async () => {
    const stream = driven()
    stream.socket.accept()
    await stream.pass(15_000)
    expect(stream.socket.sent.slice(1)).toEqual(['ping'])
    stream.socket.say('pong')
    await stream.pass(15_000)
    expect(stream.socket.sent.slice(1)).toEqual(['ping', 'ping'])
    expect(stream.faults).toEqual([])
  })

  test('given silence, then it ends and the next one is made after a pause', async () => {
    const stream = driven()
    stream.socket.accept().say('"heartbeat"')
    await stream.pass(20_250)
    expect(stream.faults).toEqual(['SOURCE_STREAM_SILENT'])
    expect(stream.sockets).toHaveLength(1)
    expect(stream.socket.isEnded).toBe(true)
    await stream.pass(1_250)
    expect(stream.sockets).toHaveLength(2)
  })

  test('given a connection that never opens, then it is given up after timeoutMs', async () => {
    const stream = driven()
    await stream.pass(2_250)
    expect(stream.faults).toEqual(['SOURCE_TIMEOUT'])
    expect(stream.socket.isEnded).toBe(true)
  })

  test('given more messages a second than are allowed, then it ends', async () => {
    const stream = driven()
    stream.socket.accept()
    for (let count = 0; count < 101; count++) stream.socket.say('"heartbeat"')
    expect(stream.faults).toEqual(['SOURCE_STREAM_FLOOD'])
    expect(stream.client.status().frames).toBe(100)
    stream.socket.say({ bid: 5 })
    await stream.pass(50)
    expect(bids(stream)).toEqual([])
  })

  test.each([
    ['no JSON', '{"bid":NaN}', 'SOURCE_JSON_INVALID'],
    ['a name twice', '{"bid":1,"bid":2}', 'SOURCE_JSON_INVALID'],
    ['what our reading did not foresee', '7', 'SOURCE_ANSWER_UNEXPECTED'],
  ])('given %s, then it ends with a code', (_, text, code) => {
    const stream = driven()
    stream.socket.accept().say(text)
    expect(stream.faults).toEqual([code])
    expect(stream.socket.isEnded).toBe(true)
  })
})

describe('connecting again', () => {
  test('pauses double while no connection holds, and a minute that held forgets them', async () => {
    const stream = driven()
    const pauses: number[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      const made = stream.sockets.length
      stream.socket.fail(lost())
      let pausedMs = 0
      for (; stream.sockets.length === made; pausedMs += 250) await stream.pass(250)
      pauses.push(Math.round(pausedMs / 1_000))
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    stream.socket.accept()
    for (let second = 0; second < 60; second++) {
      await stream.pass(1_000)
      stream.socket.say('"heartbeat"')
    }
    const made = stream.sockets.length
    stream.socket.fail(lost())
    await stream.pass(1_250)
    expect(stream.sockets).toHaveLength(made + 1)
  })

  test('jitter makes a pause up to half as long again', async () => {
    const stream = driven({ jitter: 0.999 })
    stream.socket.fail(lost())
    await stream.pass(1_250)
    expect(stream.sockets).toHaveLength(1)
    await stream.pass(500)
    expect(stream.sockets).toHaveLength(2)
  })

  test.each([
    ['a refused region', lost('SOURCE_REGION_BLOCKED'), 60_000],
    ['a limit with a time', lost('SOURCE_RATE_LIMITED', { retryAfterMs: 30_000 }), 30_000],
    ['a host that is away', lost('SOURCE_STATUS_UNEXPECTED', { retryAfterMs: 30_000 }), 30_000],
    ['a limit without one', lost('SOURCE_RATE_LIMITED'), 10_000],
  ])('given %s, then the venue is left alone for as long', async (_, error, pauseMs) => {
    const stream = driven()
    stream.socket.fail(error)
    await stream.pass(pauseMs - 250)
    expect(stream.sockets).toHaveLength(1)
    await stream.pass(500)
    expect(stream.sockets).toHaveLength(2)
  })

  test('a state is logged when it changes and not each time', async () => {
    const stream = driven()
    for (let attempt = 0; attempt < 3; attempt++) {
      stream.socket.fail(lost())
      await stream.pass(2 ** attempt * 1_000 + 250)
    }
    stream.socket.accept().say({ bid: 5 })
    expect(stream.log.lines.map(({ event, fields }) => [event, fields.code ?? 'ok'])).toEqual([
      ['source.stream.failed', 'SOURCE_STREAM_CLOSED'],
      ['source.stream.open', 'ok'],
    ])
  })

  test('after stop every connection has ended and none is made', async () => {
    const stream = driven()
    stream.socket.accept().say('"reconnect"')
    await stream.pass(250)
    expect(stream.sockets).toHaveLength(2)
    await stream.stop()
    expect(stream.sockets.every(({ isEnded }) => isEnded)).toBe(true)
    await stream.pass(120_000)
    expect(stream.sockets).toHaveLength(2)
  })
})

describe('make before break', () => {
  test('given a request to reconnect, then the old one goes when the new one speaks', async () => {
    const stream = driven()
    const old = stream.socket.accept()
    old.say('"reconnect"')
    await stream.pass(250)
    expect(stream.sockets).toHaveLength(2)
    stream.socket.accept().say('"heartbeat"')
    old.say({ bid: 5 })
    await stream.pass(250)
    expect(old.isEnded).toBe(false)
    stream.socket.say({ bid: 6 })
    expect(old.isEnded).toBe(true)
    await stream.pass(50)
    expect(bids(stream)).toEqual([
      ['BTC/USD', 5n],
      ['BTC/USD', 6n],
    ])
    expect(stream.faults).toEqual([])
  })

  test('given an old one that closes first, then the new one is there already', async () => {
    const stream = driven()
    const old = stream.socket.accept()
    old.say('"reconnect"')
    await stream.pass(250)
    stream.socket.accept()
    old.fail(lost())
    expect(stream.client.status().state).toBe('open')
    stream.socket.say({ bid: 6 })
    await stream.pass(5_000)
    expect(stream.sockets).toHaveLength(2)
  })

  test('given a venue that asks for it each time, then it is followed ever more slowly', async () => {
    const stream = driven()
    for (let second = 0; second < 30; second++) {
      if (!stream.socket.isEnded) {
        stream.socket.accept().say({ bid: second })
        stream.socket.say('"reconnect"')
      }
      await stream.pass(1_000)
    }
    expect(stream.sockets.length).toBeLessThan(8)
  })

  test.each([
    [0, 23.5],
    [0.999, 23.01],
  ])(
    'with a jitter of %s the connection of a day is replaced after %s hours',
    async (jitter, hours) => {
      const stream = driven({ jitter })
      const old = stream.socket.accept()
      // In one step: a day in the client's own steps would take long.
      stream.time.advance(hours * 3_600_000 - 60_000)
      old.say({ bid: 5 })
      await stream.pass(250)
      expect(stream.sockets).toHaveLength(1)
      stream.time.advance(61_000)
      old.say({ bid: 6 })
      await stream.pass(250)
      expect(stream.sockets).toHaveLength(2)
      expect(old.isEnded).toBe(false)
    },
  )
})

describe('what counts as streamed', () => {
  test('is a market whose book came within freshMs by an open connection', async () => {
    const stream = driven()
    const isFresh = (market: string) => stream.client.isFresh(market, stream.time.nowMs())
    stream.socket.accept()
    expect(isFresh('BTC/USD')).toBe(false)
    stream.socket.say({ bid: 5, ask: 6 })
    expect([isFresh('BTC/USD'), isFresh('ETH/USD')]).toEqual([true, false])
    await stream.pass(1_000)
    expect(isFresh('BTC/USD')).toBe(true)
    stream.socket.say({ last: 5 })
    await stream.pass(50)
    expect(isFresh('BTC/USD')).toBe(false)
    stream.socket.say({ bid: 5, ask: 6 })
    expect(isFresh('BTC/USD')).toBe(true)
    stream.socket.fail(lost())
    expect(isFresh('BTC/USD')).toBe(false)
  })
})
