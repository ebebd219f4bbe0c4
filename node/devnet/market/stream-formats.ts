import { okxTicker, quoteOf, splitSymbol } from './answers.ts'
import type { MarketModel, MarketVenue } from './model.ts'

/** What a client asked for by one message. */
export interface Subscription {
  /** By the venue's own names, such as `btcusdt@ticker`. */
  readonly channels: readonly string[]
  /** Sent back at once: acknowledgements, or the answer to a ping. */
  readonly answers: readonly string[]
}

/** How one venue speaks on its stream. */
export interface StreamFormat {
  /** Reads what a client says; null when it is nothing that the venue knows. */
  readonly read: (text: string) => Subscription | null
  /** One message of a channel; null where the venue has no such channel. */
  readonly message: (model: MarketModel, asked: ChannelAsked) => string | null
  /** Channels that tell something each second instead of at every change. */
  readonly isSlow: (channel: string) => boolean
}

export interface ChannelAsked {
  readonly channel: string
  readonly nowMs: number
}

/**
 * The streams of the five venues in their own formats: Binance `bookTicker` and `ticker`, Coinbase
 * Exchange `ticker`, Kraken v2 `ticker`, Bitstamp `order_book` and `live_trades`, OKX v5 `tickers`.
 */
export const STREAM_FORMATS: Readonly<Record<MarketVenue, StreamFormat>> = {
  binance: {
    read: (text) => {
      const { method, params, id } = objectOf(text)
      if (method !== 'SUBSCRIBE') return null
      return { channels: textsOf(params), answers: [JSON.stringify({ result: null, id })] }
    },
    message: binanceMessage,
    isSlow: (channel) => channel.endsWith('@ticker'),
  },
  coinbase: {
    read: (text) => {
      const { type, product_ids: products } = objectOf(text)
      if (type !== 'subscribe') return null
      const names = textsOf(products)
      const channels = [{ name: 'ticker', product_ids: names }]
      return { channels: names, answers: [JSON.stringify({ type: 'subscriptions', channels })] }
    },
    message: coinbaseMessage,
    isSlow: never,
  },
  kraken: {
    read: (text) => {
      const { method, params } = objectOf(text)
      const { channel, symbol } = memberOf(params)
      if (method !== 'subscribe' || channel !== 'ticker') return null
      const symbols = textsOf(symbol)
      const result = (each: string) => ({ channel, snapshot: true, symbol: each })
      const answers = symbols.map((each) =>
        JSON.stringify({ method, result: result(each), success: true, req_id: 1 }),
      )
      return { channels: symbols, answers }
    },
    message: krakenMessage,
    isSlow: never,
  },
  bitstamp: {
    read: (text) => {
      const { event, data } = objectOf(text)
      const beat = { event: 'bts:heartbeat', channel: '', data: { status: 'success' } }
      if (event === 'bts:heartbeat') return { channels: [], answers: [JSON.stringify(beat)] }
      const { channel } = memberOf(data)
      if (event !== 'bts:subscribe' || typeof channel !== 'string') return null
      const done = { event: 'bts:subscription_succeeded', channel, data: {} }
      return { channels: [channel], answers: [JSON.stringify(done)] }
    },
    message: bitstampMessage,
    isSlow: (channel) => channel.startsWith('live_trades_'),
  },
  okx: {
    read: (text) => {
      if (text === 'ping') return { channels: [], answers: ['pong'] }
      const { op, args } = objectOf(text)
      if (op !== 'subscribe' || !Array.isArray(args)) return null
      const asked = args.map(memberOf).filter(({ channel }) => channel === 'tickers')
      const answers = asked.map((arg) =>
        JSON.stringify({ event: 'subscribe', arg, connId: 'a4d3ae55' }),
      )
      return { channels: textsOf(asked.map(({ instId }) => instId)), answers }
    },
    message: okxMessage,
    isSlow: never,
  },
}

function binanceMessage(model: MarketModel, { channel, nowMs }: ChannelAsked): string | null {
  const [name = '', kind] = channel.split('@')
  const symbol = name.toUpperCase()
  const said = quoteAt(model, { venue: 'binance', symbol, separator: '', nowMs })
  if (said === null) return null
  const { quote, price, size } = said
  const book = { s: symbol, b: price(quote.bid), B: '1.5', a: price(quote.ask), A: '2.5' }
  const ticker = { e: '24hrTicker', E: quote.timeMs, c: price(quote.last), v: size(quote.volume) }
  if (kind === 'bookTicker') return JSON.stringify({ stream: channel, data: { u: 1, ...book } })
  if (kind === 'ticker') return JSON.stringify({ stream: channel, data: { ...ticker, ...book } })
  return null
}

function coinbaseMessage(model: MarketModel, { channel, nowMs }: ChannelAsked): string | null {
  const said = quoteAt(model, { venue: 'coinbase', symbol: channel, separator: '-', nowMs })
  if (said === null) return null
  const { quote, price, size } = said
  return JSON.stringify({
    type: 'ticker',
    sequence: 37_475_248_783,
    product_id: channel,
    price: price(quote.last),
    volume_24h: size(quote.volume),
    best_bid: price(quote.bid),
    best_bid_size: '0.46688654',
    best_ask: price(quote.ask),
    best_ask_size: '1.56637040',
    side: 'buy',
    time: new Date(quote.timeMs).toISOString().replace('Z', '000Z'),
    trade_id: 370_843_401,
    last_size: '11.4396987',
  })
}

function krakenMessage(model: MarketModel, { channel, nowMs }: ChannelAsked): string | null {
  const said = quoteAt(model, { venue: 'kraken', symbol: channel, separator: '/', nowMs })
  if (said === null) return null
  const { quote, price, size } = said
  const average = price((quote.last * 9n) / 10n)
  const timestamp = new Date(quote.timeMs).toISOString().replace('Z', '456Z')
  // Numbers and not texts, as Kraken sends them.
  const fields = [
    `"symbol":${JSON.stringify(channel)},"bid":${price(quote.bid)},"bid_qty":2.5`,
    `"ask":${price(quote.ask)},"ask_qty":3.2,"last":${price(quote.last)}`,
    `"volume":${size(quote.volume)},"vwap":${average},"timestamp":"${timestamp}"`,
  ]
  return `{"channel":"ticker","type":"update","data":[{${fields.join()}}]}`
}

function bitstampMessage(model: MarketModel, { channel, nowMs }: ChannelAsked): string | null {
  const [, kind, pair = ''] = /^(order_book|live_trades)_([a-z]+)$/.exec(channel) ?? []
  const symbol = pair.toUpperCase()
  const said = quoteAt(model, { venue: 'bitstamp', symbol, separator: '', nowMs })
  if (said === null) return null
  const { quote, price } = said
  const times = {
    timestamp: String(Math.floor(quote.timeMs / 1_000)),
    microtimestamp: `${quote.timeMs}047`,
  }
  if (kind === 'live_trades') {
    const trade = {
      id: 317_319_339,
      amount_str: '0.06200000',
      price_str: price(quote.last),
      type: 0,
    }
    return JSON.stringify({ channel, event: 'trade', data: { ...trade, ...times } })
  }
  const levels = (best: bigint, away: bigint) =>
    Array.from({ length: 10 }, (_, level) => [price(best + BigInt(level) * away), '0.5'])
  const step = quote.last / 10_000n
  const data = { ...times, bids: levels(quote.bid, -step), asks: levels(quote.ask, step) }
  return JSON.stringify({ channel, event: 'data', data })
}

function okxMessage(model: MarketModel, { channel, nowMs }: ChannelAsked): string | null {
  const said = quoteAt(model, { venue: 'okx', symbol: channel, separator: '-', nowMs })
  if (said === null) return null
  const data = [okxTicker(channel, said)]
  return JSON.stringify({ arg: { channel: 'tickers', instId: channel }, data })
}

function quoteAt(
  model: MarketModel,
  asked: {
    readonly venue: MarketVenue
    readonly symbol: string
    readonly separator: string
    readonly nowMs: number
  },
) {
  const { venue, symbol, separator, nowMs } = asked
  return quoteOf(model, { nowMs, venue, ...splitSymbol(symbol, separator) })
}

type Members = Readonly<Record<string, unknown>>

function objectOf(text: string): Members {
  try {
    return memberOf(JSON.parse(text))
  } catch {
    return {}
  }
}

function memberOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function never(): boolean {
  return false
}
