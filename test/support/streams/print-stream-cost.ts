import { keccak_256 } from '@noble/hashes/sha3.js'
import type { ReceivedQuote } from '../../../aggregator/aggregation/quote.ts'
import { succeedQuote } from '../../../aggregator/aggregation/quote.ts'
import { quoteHash } from '../../../aggregator/aggregation/source-commitment.ts'
import type { MarketVenue } from '../../../node/devnet/market/model.ts'
import { MARKET_VENUES, MarketModel } from '../../../node/devnet/market/model.ts'
import { STREAM_FORMATS } from '../../../node/devnet/market/stream-formats.ts'
import { guardedLookup } from '../../../node/sources/agent.ts'
import { HOST_SOURCES } from '../../../node/sources/host.ts'
import { overHeld } from '../../../node/sources/quote-window.ts'
import { VENUES } from '../../../node/sources/registry.ts'
import { StreamClient } from '../../../node/sources/stream-client.ts'
import { openStreamSocket } from '../../../node/sources/stream-socket.ts'
import type { Venue } from '../../../node/sources/venue.ts'
import { CAPTURES, framesOf } from '../recordings.ts'
import { RecordedLog } from '../venues.ts'
import { type Replay, startReplay } from './replay-server.ts'

// What streams cost a node, as recorded or in a wild hour:
// node test/support/streams/print-stream-cost.ts recorded|wild

const REAL_MS = 30_000
const FRAME_BYTES_MAX = 65_536
/** Messages a second of each channel. */
const KRAKEN_PER_SECOND = 10
const WILD_PER_SECOND = 40

interface Load {
  readonly venue: Venue
  readonly markets: readonly string[]
  readonly replay: Replay
}

/** The recordings, without books of thousands of levels, to which a node does not subscribe. */
function recordedLoads(): readonly Load[] {
  return CAPTURES.map(({ venue, file, markets }) => {
    const all = framesOf(file)
    const startMs = all[0]?.receivedMs ?? 0
    const frames = all
      .filter(({ text }) => text.length < FRAME_BYTES_MAX)
      .map(({ receivedMs, text }) => ({ afterMs: receivedMs - startMs, text }))
      .filter(({ afterMs }) => afterMs < REAL_MS)
    return { venue, markets, replay: { path: `/${venue.name}`, frames } }
  })
}

/** Messages of the local market on every channel of a venue, evenly over the time. */
function modelLoad(name: MarketVenue, perSecond: number): Load {
  const venue: Venue = VENUES[name]
  const quote = name === 'binance' || name === 'okx' ? 'USDT' : 'USD'
  const markets = ['BTC', 'ETH', 'SOL'].map((base) => `${base}/${quote}`)
  const asked = markets.map((market) => ({ market, symbol: venue.symbolOf(market) }))
  const { read, message } = STREAM_FORMATS[name]
  const texts = venue.stream?.subscribe(asked, 0) ?? []
  const channels = texts.flatMap((text) => read(text)?.channels ?? [])
  const startMs = 1_760_000_000_000
  const model = new MarketModel({ seed: 1, startMs, incidents: [] })
  const count = (REAL_MS / 1_000) * perSecond * channels.length
  const frames = Array.from({ length: count }, (_, index) => {
    const afterMs = (index * REAL_MS) / count
    const channel = channels[index % channels.length] ?? ''
    return { afterMs, text: message(model, { channel, nowMs: startMs + afterMs }) ?? '' }
  })
  return { venue, markets, replay: { path: `/${name}`, frames } }
}

/** Takes every quote as the engine does, and counts. */
class Taker {
  readonly #held = new Map<string, ReceivedQuote>()
  taken = 0

  readonly take = (venue: string, streamed: Parameters<typeof overHeld>[1]['streamed']) => {
    const key = `${venue} ${streamed.market}`
    const held = this.#held.get(key) ?? null
    const next = succeedQuote(held, overHeld(held, { venue, streamed }))
    this.#held.set(key, next)
    quoteHash(keccak_256, next)
    this.taken += 1
  }
}

async function measure(loads: readonly Load[], windowMs: number) {
  const server = await startReplay(loads.map(({ replay }) => replay))
  const controller = new AbortController()
  const taker = new Taker()
  const lookup = guardedLookup('local', HOST_SOURCES.lookup)
  const clients = loads.map(({ venue, markets, replay }) => {
    const { name, stream } = venue
    if (stream === null) throw new Error(`${name} is only polled`)
    const asked = markets.map((market) => ({ market, symbol: venue.symbolOf(market) }))
    const limits = { timeoutMs: 5_000, streamIdleMs: 60_000, framesPerSecondMax: 10_000 }
    const socket = {
      url: new URL(server.url + replay.path),
      timeoutMs: 5_000,
      frameBytesMax: FRAME_BYTES_MAX,
      packing: null,
      pins: {},
      lookup,
      nowMs: Date.now,
    }
    return new StreamClient(
      { venue: name, stream, markets: asked, limits, freshMs: 1_000, windowMs },
      {
        ...HOST_SOURCES,
        clock: { nowMs: Date.now },
        log: new RecordedLog(),
        open: (listener) => openStreamSocket(socket, listener),
        report: ({ quotes }) => {
          for (const quote of quotes) taker.take(name, quote)
        },
        onFault: (code) => process.stderr.write(`${name}: ${code}\n`),
      },
    )
  })
  const before = process.threadCpuUsage()
  const startMs = performance.now()
  const runs = clients.map((client) => client.run(controller.signal))
  await new Promise((resolve) => setTimeout(resolve, REAL_MS))
  const { user, system } = process.threadCpuUsage(before)
  const wallMs = performance.now() - startMs
  const frames = clients.reduce((sum, client) => sum + client.status().frames, 0)
  controller.abort()
  await Promise.all(runs)
  await server.stop()
  return {
    windowMs,
    frames,
    framesPerSecond: Math.round((frames * 1_000) / wallMs),
    taken: taker.taken,
    corePercent: Number(((user + system) / 10 / wallMs).toFixed(2)),
  }
}

const loads =
  process.argv[2] === 'wild'
    ? MARKET_VENUES.map((name) => modelLoad(name, WILD_PER_SECOND))
    : // Of Kraken there is no recording.
      [...recordedLoads(), modelLoad('kraken', KRAKEN_PER_SECOND)]
for (const windowMs of [0, 50]) {
  process.stdout.write(`${JSON.stringify(await measure(loads, windowMs))}\n`)
}
