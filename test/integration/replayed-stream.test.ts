import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Entry } from '../../node/recording/entry.ts'
import { type ReplayServer, startReplay } from '../../node/recording/replay-server.ts'
import { recordingHeader } from '../support/recording.ts'

let stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.toReversed()) await stop()
  stops = []
})

const HEADER = recordingHeader(0)
const on = (connection: number, atMs: number) => ({ venue: 'okx', connection, atMs })
const opened = (connection: number, atMs: number): Entry => ({
  type: 'open',
  ...on(connection, atMs),
})
const frame = (connection: number, atMs: number, text: string): Entry => {
  return { type: 'frame', ...on(connection, atMs), text }
}
const closed = (connection: number, atMs: number, more: object = {}): Entry => {
  const how = { code: 'SOURCE_STREAM_CLOSED', status: null, closeCode: null, ...more }
  return { type: 'closed', ...on(connection, atMs), ...how }
}

/** A replay whose time a test moves. */
async function replay(entries: readonly Entry[]) {
  let nowMs = 0
  const recording = { header: HEADER, entries, tornBytes: 0, endedMs: 100 }
  const server = await startReplay({ recording, nowMs: () => nowMs, speed: null, port: 0 })
  stops.push(server.stop)
  const at = (ms: number) => {
    nowMs = ms
    server.happen()
  }
  return { server, at }
}

async function connect({ url }: ReplayServer, venue = 'okx') {
  const client = new WebSocket(`${url.replace('http', 'ws')}/${venue}/stream`)
  const heard: string[] = []
  client.on('message', (data: Buffer) => heard.push(data.toString()))
  const ended = new Promise<number>((resolve) => client.once('close', resolve))
  client.on('error', () => undefined)
  const refused = once(client, 'unexpected-response').then(([, { statusCode }]) => statusCode)
  const outcome = await Promise.race([once(client, 'open').then(() => 'open'), refused])
  // A pong comes when all before it was read.
  const read = async () => {
    client.ping()
    await once(client, 'pong')
  }
  return { outcome, heard, ended, read }
}

test('given a new connection beside an old one, then the new one alone is heard, in one line', async () => {
  const { server, at } = await replay([
    opened(1, 10),
    frame(1, 10, 'a'),
    opened(2, 20),
    frame(1, 20, 'not heard'),
    frame(2, 20, 'b'),
    closed(1, 30, { code: null }),
    frame(2, 40, 'c'),
  ])
  const client = await connect(server)
  expect(client.outcome).toBe('open')
  for (const ms of [10, 20, 30, 40]) at(ms)
  await client.read()
  expect(client.heard).toEqual(['a', 'b', 'c'])
})

test('given a stream that the venue closed, then it is closed so, and open again later', async () => {
  const { server, at } = await replay([
    opened(1, 10),
    closed(1, 20, { closeCode: 1_001 }),
    closed(2, 30, { code: 'SOURCE_RATE_LIMITED', status: 429 }),
    opened(3, 40),
    frame(3, 50, 'back'),
  ])
  at(10)
  const first = await connect(server)
  at(20)
  expect(await first.ended).toBe(1_001)
  expect((await connect(server)).outcome).toBe(503)
  at(30)
  expect((await connect(server)).outcome).toBe(429)
  at(40)
  const again = await connect(server)
  at(50)
  await again.read()
  expect(again.heard).toEqual(['back'])
})

test('given a connection that broke without a word, then it breaks', async () => {
  const { server, at } = await replay([opened(1, 10), closed(1, 20, { closeCode: 1_006 })])
  const client = await connect(server)
  at(20)
  expect(await client.ended).toBe(1_006)
})

test('given a venue that was never streamed, then there is no stream', async () => {
  const { server } = await replay([opened(1, 10)])
  expect((await connect(server, 'kraken')).outcome).toBe(404)
})

test('given a port that is taken, then it is said', async () => {
  const { server } = await replay([])
  const recording = { header: HEADER, entries: [], tornBytes: 0, endedMs: 0 }
  const port = Number(new URL(server.url).port)
  await expect(startReplay({ recording, nowMs: () => 0, speed: 1, port })).rejects.toMatchObject({
    code: 'MARKET_PORT_TAKEN',
  })
})
