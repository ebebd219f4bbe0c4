import type { Quote } from '../../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../../aggregator/values/market.ts'
import {
  amountAt,
  answerFor,
  isoTimeAt,
  listAt,
  objectAt,
  symbolAbsent,
  textAt,
} from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { isList } from '../json.ts'
import { refusedBy } from '../tickers.ts'
import type { StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** Currencies that Kraken's REST API spells in its own way. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  ['BTC', 'XBT'],
  ['DOGE', 'XDG'],
])

/**
 * Kraken spot. Its REST answers carry no time, so a frozen answer shows only by repeating itself.
 */
export const kraken: Venue = {
  name: 'kraken',
  baseUrl: 'https://api.kraken.com',
  // Known limit: one request a second for one address; all markets fit into one.
  pollMs: 1_500,
  budget: { weightMax: 2, perMs: 2_000 },
  usedWeightHeader: null,
  symbolOf: (market) =>
    market
      .split('/')
      .map((currency) => OWN_NAMES.get(currency) ?? currency)
      .join(''),
  requests(markets) {
    if (markets.length === 0) return []
    const pairs = markets.map(({ symbol }) => encodeURIComponent(symbol)).join(',')
    return [{ path: `/0/public/Ticker?pair=${pairs}`, markets, weight: 1 }]
  },
  parse(answer, { markets }) {
    const body = objectAt(answer, 'answer')
    const errors = listAt(body.get('error'), 'error')
    // HTTP 200 with errors is a failure.
    if (errors.length > 0) throw refusedBy('kraken', errors[0])
    const result = objectAt(body.get('result'), 'result')
    return markets.map((asked) => answerFor(asked.market, () => tickerQuote(result, asked)))
  },
  stream: {
    url: 'wss://ws.kraken.com/v2',
    // Heartbeats come by themselves, every second.
    ping: null,
    lifeMs: null,
    subscribe: (markets) => [
      JSON.stringify({
        method: 'subscribe',
        params: {
          channel: 'ticker',
          // Version 2 of the stream says BTC/USD, whatever REST says.
          symbol: markets.map(({ market }) => market),
          event_trigger: 'bbo',
          snapshot: true,
        },
        req_id: 1,
      }),
    ],
    reader: () => parseFrame,
  },
}

/** The answer's key differs from what was asked: `XBTUSD` comes back as `XXBTZUSD`. */
function answerKeys({ market, symbol }: VenueMarket): readonly string[] {
  const quote = quoteNameOf(market)
  if (!symbol.endsWith(quote)) return [symbol]
  const base = symbol.slice(0, symbol.length - quote.length)
  return [symbol, `${base}Z${quote}`, `X${base}${quote}`, `X${base}Z${quote}`, `X${base}X${quote}`]
}

function quoteNameOf(market: MarketName): string {
  const currency = market.slice(market.indexOf('/') + 1)
  return OWN_NAMES.get(currency) ?? currency
}

function tickerQuote(result: JsonObject, asked: VenueMarket): Quote {
  const key = answerKeys(asked).find((each) => result.has(each))
  if (key === undefined) throw symbolAbsent(asked.symbol)
  const ticker = objectAt(result.get(key), key)
  const first = (name: string) => listAt(ticker.get(name), name)[0]
  return {
    bid: amountAt(first('b'), 'b[0]'),
    ask: amountAt(first('a'), 'a[0]'),
    // c is the last trade; p would be the average since midnight, which is no price of now.
    last: amountAt(first('c'), 'c[0]'),
    lastTradeMs: null,
    // v is today and the last 24 hours.
    baseVolume: amountAt(listAt(ticker.get('v'), 'v')[1], 'v[1]'),
    venueMs: null,
  }
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  if (message.get('success') === false) throw refusedBy('kraken', message.get('error'))
  const channel = message.get('channel')
  if (channel === 'heartbeat') return { type: 'heartbeat' }
  const data = message.get('data')
  if (channel !== 'ticker' || !isList(data)) return { type: 'ignored' }
  const answers = data.flatMap((entry) => {
    const ticker = objectAt(entry, 'data[]')
    const symbol = textAt(ticker.get('symbol'), 'symbol')
    const asked = markets.find(({ market }) => market === symbol)
    return asked === undefined ? [] : [answerFor(asked.market, () => streamQuote(ticker))]
  })
  return { type: 'answers', answers }
}

function streamQuote(ticker: JsonObject): Quote {
  return {
    bid: amountAt(ticker.get('bid'), 'bid'),
    ask: amountAt(ticker.get('ask'), 'ask'),
    last: amountAt(ticker.get('last'), 'last'),
    lastTradeMs: null,
    baseVolume: amountAt(ticker.get('volume'), 'volume'),
    venueMs: isoTimeAt(ticker.get('timestamp'), 'timestamp'),
  }
}
