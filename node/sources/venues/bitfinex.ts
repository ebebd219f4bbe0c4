import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../../aggregator/values/market.ts'
import { amountAt, answerFor, listAt, objectAt, symbolAbsent, wholeTextAt } from '../fields.ts'
import type { Json } from '../json.ts'
import { isList, isNumber } from '../json.ts'
import { refusedBy } from '../tickers.ts'
import type { ReadFrame, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** Currencies that Bitfinex spells in its own way. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([['USDT', 'UST']])

/** Places in a ticker of the list of tickers: sizes stand between the prices. */
const PLACES = { symbol: 0, bid: 1, ask: 3, last: 7, volume: 8 } as const

/**
 * Bitfinex spot, version 2 of its API. Its answers carry no time, so a frozen answer shows only by
 * repeating itself.
 */
export const bitfinex: Venue = {
  name: 'bitfinex',
  baseUrl: 'https://api-pub.bitfinex.com',
  pollMs: 3_000,
  // Known: from 30 a minute on, by path; all markets fit into one.
  budget: { weightMax: 2, perMs: 5_000 },
  usedWeightHeader: null,
  symbolOf(market) {
    const codes = market.split('/').map((currency) => OWN_NAMES.get(currency) ?? currency)
    // Codes of three letters need nothing between them.
    return `t${codes.join(codes.every(({ length }) => length === 3) ? '' : ':')}`
  },
  requests(markets) {
    if (markets.length === 0) return []
    const symbols = markets.map(({ symbol }) => encodeURIComponent(symbol)).join(',')
    return [{ path: `/v2/tickers?symbols=${symbols}`, markets, weight: 1 }]
  },
  parse(answer, { markets }) {
    const tickers = listAt(answer, 'answer')
    // An error is a list too: ["error", 10020, "symbol: invalid"].
    if (tickers[0] === 'error') throw refusedBy('bitfinex', tickers[2])
    const rows = tickers.map((ticker) => listAt(ticker, 'ticker'))
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        const row = rows.find((each) => each[PLACES.symbol] === symbol)
        if (row === undefined) throw symbolAbsent(symbol)
        return tickerQuote(row)
      }),
    )
  },
  stream: {
    url: 'wss://api-pub.bitfinex.com/ws/2',
    // Each channel says every 15 s that it lives.
    ping: null,
    lifeMs: null,
    subscribe: (markets) =>
      markets.map(({ symbol }) =>
        JSON.stringify({ event: 'subscribe', channel: 'ticker', symbol }),
      ),
    reader,
  },
}

/** Codes of a server that restarts, and of one whose maintenance is over. */
const RECONNECT_CODES: readonly string[] = ['20051', '20061']

/** Messages name a channel by a number that is told when it is subscribed to. */
function reader(): ReadFrame {
  const channels = new Map<MarketName, string>()
  return (frame, markets) => {
    if (isList(frame)) return channelEvent(frame, { channels, markets })
    const message = objectAt(frame, 'frame')
    const event = message.get('event')
    if (event === 'error') throw refusedBy('bitfinex', message.get('msg'))
    if (event === 'subscribed' && message.get('channel') === 'ticker') {
      const asked = markets.find(({ symbol }) => symbol === message.get('symbol'))
      const channel = wholeTextAt(message.get('chanId'), 'chanId')
      if (asked !== undefined) channels.set(asked.market, channel)
    }
    const code = message.get('code')
    const isLeaving =
      event === 'info' && isNumber(code) && RECONNECT_CODES.includes(code.numberText)
    return { type: isLeaving ? 'reconnect' : 'ignored' }
  }
}

function channelEvent(
  frame: readonly Json[],
  {
    channels,
    markets,
  }: {
    readonly channels: ReadonlyMap<MarketName, string>
    readonly markets: readonly VenueMarket[]
  },
): StreamEvent {
  const [number, said] = frame
  if (said === 'hb') return { type: 'heartbeat' }
  const channel = wholeTextAt(number, 'frame[0]')
  const asked = markets.find(({ market }) => channels.get(market) === channel)
  if (asked === undefined) return { type: 'ignored' }
  // As in the list of tickers, without the symbol at its head.
  const row = [asked.symbol, ...listAt(said, 'frame[1]')]
  return { type: 'answers', answers: [answerFor(asked.market, () => tickerQuote(row))] }
}

function tickerQuote(row: readonly Json[]): Quote {
  return {
    bid: amountAt(row[PLACES.bid], 'bid'),
    ask: amountAt(row[PLACES.ask], 'ask'),
    last: amountAt(row[PLACES.last], 'last'),
    lastTradeMs: null,
    baseVolume: amountAt(row[PLACES.volume], 'volume'),
    venueMs: null,
  }
}
