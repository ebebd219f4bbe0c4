import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../../../node/sources/json.ts'
import type { StreamAnswer, Venue } from '../../../../node/sources/venue.ts'
import { binance } from '../../../../node/sources/venues/binance.ts'
import { bitstamp } from '../../../../node/sources/venues/bitstamp.ts'
import { coinbase } from '../../../../node/sources/venues/coinbase.ts'
import { okx } from '../../../../node/sources/venues/okx.ts'
import { hasRecordings, NO_RECORDINGS, RECORDINGS } from '../../../support/recordings.ts'

interface Capture {
  readonly venue: Venue
  readonly file: string
  readonly markets: readonly string[]
  /** Frames that the recording holds for those markets. */
  readonly quotes: number
}

const CAPTURES: readonly Capture[] = [
  {
    venue: binance,
    file: 'BINANCE.ws.1.0',
    markets: ['NKN/USDT', 'BLZ/ETH', 'LRC/BTC', 'RUNE/EUR'],
    quotes: 84,
  },
  {
    venue: coinbase,
    file: 'COINBASE.ws.28.0',
    markets: ['SKL', 'YFI', 'DASH', 'BAND', 'NMR', 'NU', 'CRV'].flatMap((base) =>
      ['USD', 'BTC', 'GBP', 'EUR'].map((quote) => `${base}/${quote}`),
    ),
    quotes: 107,
  },
  {
    venue: bitstamp,
    file: 'BITSTAMP.ws.1.0',
    markets: ['ETH/USD', 'XRP/EUR', 'BTC/USD', 'USDT/USD', 'ADA/EUR'],
    quotes: 10,
  },
  { venue: okx, file: 'OKX.ws.1.0', markets: ['BTC/USDT'], quotes: 25 },
]

/** Frames of the venue with the moment at which they arrived. */
function framesOf(file: string): readonly { readonly receivedMs: number; readonly text: string }[] {
  return readFileSync(new URL(file, RECORDINGS), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^(\d+\.\d+): (.*)$/.exec(line)
      const [, seconds, text] = match ?? []
      if (seconds === undefined || text === undefined) return []
      return [{ receivedMs: Number(seconds) * 1_000, text }]
    })
}

function checkQuote(answer: StreamAnswer, receivedMs: number): void {
  if (answer.type === 'refused') throw new Error(`${answer.market} refused: ${answer.code}`)
  const { bid = null, ask = null, last = null, venueMs = null } = answer.quote
  expect(bid !== null || last !== null).toBe(true)
  if (bid !== null && ask !== null) expect(bid <= ask).toBe(true)
  // An hour: a first ticker may hold a trade that is a while old.
  if (venueMs !== null) expect(Math.abs(venueMs - receivedMs)).toBeLessThan(3_600_000)
}

describe('streams as the venues really sent them', () => {
  if (!hasRecordings) {
    test('are checked where the recordings are', (context) => {
      context.skip(NO_RECORDINGS)
    })
    return
  }

  test.each(CAPTURES.map((capture) => [capture.venue.name, capture] as const))(
    '%s: every frame is understood',
    (_, { venue, file, markets, quotes }) => {
      const { stream } = venue
      if (stream === null) throw new Error(`${venue.name} is only polled`)
      const asked = markets.map((market) => ({ market, symbol: venue.symbolOf(market) }))
      const frames = framesOf(file)
      expect(frames.length).toBeGreaterThan(100)
      let answered = 0
      for (const { receivedMs, text } of frames) {
        // Books of a thousand levels are beyond the bounds of a ticker.
        const limits = { depthMax: 16, valuesMax: 200_000, stringLengthMax: 16_384 }
        const event = stream.parse(readJson(text, limits), asked)
        expect(['answers', 'heartbeat', 'ignored', 'reconnect']).toContain(event.type)
        if (event.type !== 'answers') continue
        for (const answer of event.answers) checkQuote(answer, receivedMs)
        answered += event.answers.length
      }
      expect(answered).toBe(quotes)
    },
  )
})
