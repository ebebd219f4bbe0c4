import { chanceAt } from '../determinism/prng.ts'
import type { VenueSeries } from './recorded.ts'

/** A stretch in which a venue misbehaves; the last one that covers a moment rules. */
export type VenueIncident = {
  readonly fromUs: number
  readonly toUs: number
} & (
  | { readonly type: 'dead' }
  /** Repeats its last quote of before, with the old time. */
  | { readonly type: 'stale' }
  /** Repeats its last quote of before, with the time of now. */
  | { readonly type: 'stuck' }
  /** Times this, in parts per million: 1,200,000 is 20 % too high; 1,000 a wrong unit. */
  | { readonly type: 'scaled'; readonly ppm: number }
  /** Walks away from the first moment on, in parts per million a minute; less than 0 is down. */
  | { readonly type: 'drift'; readonly ppmPerMinute: number }
  /** Lags by this much more. */
  | { readonly type: 'lagging'; readonly lagUs: number }
)

export interface VenueOptions {
  readonly name: string
  /** How far its price is behind the true one. */
  readonly lagUs: number
  /** Half of the distance between bid and ask, in parts per million. */
  readonly halfSpreadPpm: number
  /** Largest error of its middle, in parts per million. */
  readonly noisePpm: number
  /** Smallest step of its prices, in the feed's decimals; 1 is none. */
  readonly tick: number
  /** Where its last trade was: always at the bid, or at either side by chance (bid-ask bounce). */
  readonly lastTrade: 'bid' | 'either'
  /** Traded in a day, in whole units of the base currency. */
  readonly volume: number
  readonly incidents: readonly VenueIncident[]
}

/** A quote in the feed's decimals. */
export interface StatedQuote {
  readonly bid: number
  readonly ask: number
  readonly last: number
  readonly stampUs: number
  readonly volume: number
}

export interface Venue {
  readonly name: string
  /** What it says about a feed now; null when it does not answer. */
  readonly quote: (asked: Asked) => StatedQuote | null
}

/** Its book changes this often; all who ask in between get the same answer. */
const TICK_US = 100_000
const MINUTE_US = 60_000_000

/** A venue's quote is a function of the moment alone, so it does not matter who asks first. */
export function createVenue(seed: number, options: VenueOptions): Venue {
  const { name, tick, noisePpm, volume } = options
  const errorOf = chanceByFeed(seed, `venue ${name}`)
  const sideOf = chanceByFeed(seed, `trade ${name}`)

  const quoteAt = (asked: Asked, change: Change): StatedQuote | null => {
    const { feed, atUs } = asked
    const moment = tickOf(atUs)
    const shown = shownAt(asked, moment * TICK_US - options.lagUs - change.lagUs)
    if (shown === null) return null
    const middle = shown.price
    const error = 1 + errorOf(feed, moment, [-noisePpm, noisePpm]) / 1_000_000
    const centre = Math.max(2, Math.round(middle * (change.scalePpm / 1_000_000) * error))
    const half = Math.max(1, Math.round((centre * options.halfSpreadPpm) / 1_000_000))
    // Away from the middle, so that the spread is never less than it should be.
    const bid = Math.max(1, Math.floor((centre - half) / tick) * tick)
    const ask = Math.ceil((centre + half) / tick) * tick
    const isAtAsk = options.lastTrade === 'either' && sideOf(feed, moment, [0, 1]) === 1
    const stampUs = shown.stampUs ?? moment * TICK_US
    return { bid, ask, last: isAtAsk ? ask : bid, stampUs, volume }
  }
  // Kept, because true prices are forgotten long before a venue may find its voice again.
  const kept = new Map<VenueIncident, Map<string, StatedQuote | null>>()
  const lastOf = (asked: Asked, incident: VenueIncident): StatedQuote | null => {
    const quotes = kept.get(incident) ?? new Map<string, StatedQuote | null>()
    kept.set(incident, quotes)
    const known = quotes.get(asked.feed)
    if (known !== undefined) return known
    const last = quoteAt({ ...asked, atUs: incident.fromUs }, AS_USUAL)
    quotes.set(asked.feed, last)
    return last
  }

  return {
    name: options.name,
    quote: (asked) => {
      const { atUs } = asked
      const incident = options.incidents.findLast((each) => atUs >= each.fromUs && atUs < each.toUs)
      if (incident === undefined) return quoteAt(asked, AS_USUAL)
      switch (incident.type) {
        case 'dead':
          return null
        case 'stale':
          return lastOf(asked, incident)
        case 'stuck': {
          const repeated = lastOf(asked, incident)
          return repeated === null ? null : { ...repeated, stampUs: tickOf(atUs) * TICK_US }
        }
        case 'scaled':
          return quoteAt(asked, { ...AS_USUAL, scalePpm: incident.ppm })
        case 'drift': {
          const walkedUs = Math.max(0, tickOf(atUs) * TICK_US - incident.fromUs)
          const walkedPpm = (incident.ppmPerMinute * walkedUs) / MINUTE_US
          return quoteAt(asked, { ...AS_USUAL, scalePpm: AS_USUAL.scalePpm + walkedPpm })
        }
        case 'lagging':
          return quoteAt(asked, { ...AS_USUAL, lagUs: incident.lagUs })
      }
    },
  }
}

/** How often its book has changed by then. */
function tickOf(atUs: number): number {
  return Math.max(0, Math.floor(atUs / TICK_US))
}

/** Chance of each feed by moment: a whole number between two others, both included. */
function chanceByFeed(
  seed: number,
  label: string,
): (feed: string, moment: number, range: readonly [number, number]) => number {
  const chances = new Map<string, ReturnType<typeof chanceAt>>()
  return (feed, moment, [min, max]) => {
    let draw = chances.get(feed)
    if (draw === undefined) {
      draw = chanceAt(seed, `${label} ${feed}`)
      chances.set(feed, draw)
    }
    return draw(moment, min, max)
  }
}

interface Asked {
  readonly feed: string
  /** The price that it follows, whose time it stamps as its own; or what was heard of it. */
  readonly price: ((timeUs: number) => number) | VenueSeries
  readonly atUs: number
}

/** What it shows at a moment; without a time of its own where it follows a price. */
function shownAt({ price }: Asked, timeUs: number): Shown | null {
  return typeof price === 'function' ? { price: price(timeUs), stampUs: null } : price.at(timeUs)
}

interface Shown {
  readonly price: number
  readonly stampUs: number | null
}

interface Change {
  readonly scalePpm: number
  readonly lagUs: number
}

const AS_USUAL: Change = { scalePpm: 1_000_000, lagUs: 0 }
