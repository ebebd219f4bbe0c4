import { existsSync, readFileSync } from 'node:fs'
import type { Venue } from '../../node/sources/venue.ts'
import { binance } from '../../node/sources/venues/binance.ts'
import { bitstamp } from '../../node/sources/venues/bitstamp.ts'
import { coinbase } from '../../node/sources/venues/coinbase.ts'
import { okx } from '../../node/sources/venues/okx.ts'

/** Recorded sessions of the real venues; they stand beside the repository, not in it. */
export const RECORDINGS = new URL('../../../shared/data/captures/', import.meta.url)
export const hasRecordings = existsSync(RECORDINGS)
/** Why a test that needs them is skipped. */
export const NO_RECORDINGS = 'skipped: no recordings of venues beside the repository'

export interface Capture {
  readonly venue: Venue
  readonly file: string
  readonly markets: readonly string[]
  /** Frames that the recording holds for those markets. */
  readonly quotes: number
}

export const CAPTURES: readonly Capture[] = [
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
export function framesOf(
  file: string,
): readonly { readonly receivedMs: number; readonly text: string }[] {
  return readFileSync(new URL(file, RECORDINGS), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^(\d+\.\d+): (.*)$/.exec(line)
      const [, seconds, text] = match ?? []
      if (seconds === undefined || text === undefined) return []
      return [{ receivedMs: Number(seconds) * 1_000, text }]
    })
}
