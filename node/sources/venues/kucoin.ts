import { amountAt, answerFor, listAt, objectAt, symbolAbsent, textAt, timeAt } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { codeTextAt, oneEach, refusedBy } from '../tickers.ts'
import type { PartialQuote, StreamEvent, Venue, VenueMarket } from '../venue.ts'

/** KuCoin spot. Its stream has no volume, and is where a ticket says, asked for each time. */
export const kucoin: Venue = {
  name: 'kucoin',
  baseUrl: 'https://api.kucoin.com',
  pollMs: 1_500,
  // Known: 2,000 in thirty seconds for one address; a third of it.
  budget: { weightMax: 600, perMs: 30_000 },
  usedWeightHeader: null,
  symbolOf: (market) => market.replace('/', '-'),
  // Statistics and not the cheaper level 1 of the book: they name the symbol and have the volume.
  requests: (markets) =>
    oneEach(markets, { weight: 15, pathOf: (symbol) => `/api/v1/market/stats?symbol=${symbol}` }),
  parse(answer, { markets }) {
    const ticker = dataOf(answer)
    return markets.map(({ market, symbol }) =>
      answerFor(market, () => {
        if (ticker.get('symbol') !== symbol) throw symbolAbsent(symbol)
        return {
          bid: amountAt(ticker.get('buy'), 'buy'),
          ask: amountAt(ticker.get('sell'), 'sell'),
          // averagePrice is the mean of a day, which is no price of now.
          last: amountAt(ticker.get('last'), 'last'),
          lastTradeMs: null,
          // vol is in the base currency; volValue is in the quote currency.
          baseVolume: amountAt(ticker.get('vol'), 'vol'),
          venueMs: timeAt(ticker.get('time'), { where: 'time', unit: 'ms' }),
        }
      }),
    )
  },
  stream: {
    url: 'wss://ws-api-spot.kucoin.com/',
    ticket: { path: '/api/v1/bullet-public', domain: 'kucoin.com', parse: streamAddress },
    subscribeAfter: 'welcome',
    // It names 18 s, after which it waits another 10 s.
    ping: { textAt: () => '{"id":"ping","type":"ping"}', everyMs: 15_000, answer: null },
    // A ticket is good for a day.
    lifeMs: 86_400_000,
    subscribe: (markets) => [
      JSON.stringify({
        id: 'subscribe',
        type: 'subscribe',
        topic: `${TICKER}${markets.map(({ symbol }) => symbol).join(',')}`,
        privateChannel: false,
        response: true,
      }),
    ],
    reader: () => parseFrame,
  },
}

const TICKER = '/market/ticker:'

function streamAddress(answer: Json): string {
  const ticket = dataOf(answer)
  const servers = listAt(ticket.get('instanceServers'), 'instanceServers')
  const endpoint = textAt(objectAt(servers[0], 'instanceServers[0]').get('endpoint'), 'endpoint')
  const token = textAt(ticket.get('token'), 'token')
  return `${endpoint}?token=${encodeURIComponent(token)}`
}

/** HTTP 200 with another code is a failure. */
function dataOf(answer: Json): JsonObject {
  const body = objectAt(answer, 'answer')
  const isOk = codeTextAt(body.get('code'), 'code') === '200000'
  if (!isOk) throw refusedBy('kucoin', body.get('msg'))
  return objectAt(body.get('data'), 'data')
}

function parseFrame(frame: Json, markets: readonly VenueMarket[]): StreamEvent {
  const message = objectAt(frame, 'frame')
  const type = message.get('type')
  if (type === 'error') throw refusedBy('kucoin', message.get('data'))
  if (type === 'welcome') return { type: 'welcome' }
  if (type === 'pong' || type === 'ack') return { type: 'heartbeat' }
  const topic = message.get('topic')
  const asked = markets.find(({ symbol }) => topic === TICKER + symbol)
  if (type !== 'message' || asked === undefined) return { type: 'ignored' }
  const data = objectAt(message.get('data'), 'data')
  return { type: 'answers', answers: [answerFor(asked.market, () => streamQuote(data))] }
}

function streamQuote(data: JsonObject): PartialQuote {
  // Its documents spell the time in both ways.
  const time = data.get('time') ?? data.get('Time')
  return {
    bid: amountAt(data.get('bestBid'), 'bestBid'),
    ask: amountAt(data.get('bestAsk'), 'bestAsk'),
    last: amountAt(data.get('price'), 'price'),
    venueMs: timeAt(time, { where: 'time', unit: 'ms' }),
  }
}
