import { describe, expect, test } from 'vitest'
import { type PriceRules, quoteKey } from '../../../aggregator/aggregation/node-price.ts'
import type { FeedParams } from '../../../aggregator/committee/params.ts'
import { QUOTE_UNIT } from '../../../aggregator/values/fixed-point.ts'
import { createPricePath } from '../../../simulations/world/prices.ts'
import { createVenueSeries } from '../../../simulations/world/recorded.ts'
import { quoteOf, standsOf } from '../../../simulations/world/stands.ts'
import {
  createVenue,
  type VenueIncident,
  type VenueOptions,
} from '../../../simulations/world/venues.ts'

const price = (timeUs: number) => 1_000_000 + Math.max(0, timeUs) / 1_000
const venueOf = (incidents: readonly VenueIncident[] = []) =>
  createVenue(1, {
    name: 'harbour',
    lagUs: 0,
    halfSpreadPpm: 10,
    noisePpm: 0,
    tick: 1,
    lastTrade: 'bid',
    volume: 5,
    incidents,
  })
const middleAt = (incidents: readonly VenueIncident[], atUs: number) => {
  const quote = venueOf(incidents).quote({ feed: 'A/USD', price, atUs })
  return quote === null ? null : { middle: (quote.bid + quote.ask) / 2, stampUs: quote.stampUs }
}
const WALK = {
  seed: 1,
  label: 'A',
  start: 1_000_000,
  volatilityPpm: 50,
  jumpsPerDay: 0,
  jumpPpm: 0,
}
const span = { fromUs: 1_000_000, toUs: 2_000_000 }

describe('a venue', () => {
  test('quotes around the price of its last tick, whoever asks first', () => {
    const venue = venueOf()
    const late = venue.quote({ feed: 'A/USD', price, atUs: 950_000 })
    const early = venue.quote({ feed: 'A/USD', price, atUs: 350_000 })
    expect(late).toEqual({
      bid: 1_000_890,
      ask: 1_000_910,
      last: 1_000_890,
      stampUs: 900_000,
      volume: 5,
    })
    expect(early).toEqual({
      bid: 1_000_290,
      ask: 1_000_310,
      last: 1_000_290,
      stampUs: 300_000,
      volume: 5,
    })
  })

  test('a dead one says nothing while it is dead', () => {
    expect(middleAt([{ ...span, type: 'dead' }], 1_500_000)).toBeNull()
    expect(middleAt([{ ...span, type: 'dead' }], 2_000_000)).toMatchObject({ middle: 1_002_000 })
  })

  test('one that repeats itself for minutes does so when the price of then is long forgotten', () => {
    const minutes = { fromUs: 1_000_000, toUs: 900_000_000 }
    for (const type of ['stale', 'stuck'] as const) {
      const path = createPricePath(WALK)
      const venue = venueOf([{ ...minutes, type }])
      const first = venue.quote({ feed: 'A/USD', price: path.at, atUs: 1_100_000 })
      path.at(800_000_000)
      const late = venue.quote({ feed: 'A/USD', price: path.at, atUs: 800_000_000 })
      expect(late?.bid).toBe(first?.bid)
    }
  })

  test('a stale one repeats its last quote with the old time, a stuck one with the new', () => {
    const old = { middle: 1_001_000, stampUs: 1_000_000 }
    expect(middleAt([{ ...span, type: 'stale' }], 1_500_000)).toEqual(old)
    expect(middleAt([{ ...span, type: 'stuck' }], 1_500_000)).toEqual({
      ...old,
      stampUs: 1_500_000,
    })
  })

  test('a scaled one is off by its factor, a lagging one is late', () => {
    const scaled = middleAt([{ ...span, type: 'scaled', ppm: 1_200_000 }], 1_000_000)
    expect(scaled?.middle).toBe(1_201_200)
    const lagging = middleAt([{ ...span, type: 'lagging', lagUs: 700_000 }], 1_000_000)
    expect(lagging?.middle).toBe(1_000_300)
  })

  test('a drifting one walks away tick by tick, up or down, and is right again afterwards', () => {
    const long = { fromUs: 1_000_000, toUs: 121_000_000 }
    const offPpm = (ppmPerMinute: number, atUs: number) => {
      const incidents = [{ ...long, type: 'drift' as const, ppmPerMinute }]
      const away = middleAt(incidents, atUs)?.middle ?? 0
      const right = middleAt([], atUs)?.middle ?? 0
      return Math.round(1_000_000 * (away / right - 1))
    }
    const course = [1_000_000, 31_000_000, 31_099_999, 61_000_000].map((us) => offPpm(2_000, us))
    expect(course).toEqual([0, 1_000, 1_000, 2_000])
    expect(offPpm(-2_000, 61_000_000)).toBe(-2_000)
    expect(offPpm(2_000, 121_000_000)).toBe(0)
  })
})

describe('the microstructure of a venue', () => {
  const still = () => 1_000_000_000
  const venue = createVenue(3, {
    name: 'harbour',
    lagUs: 0,
    halfSpreadPpm: 200,
    noisePpm: 300,
    tick: 25_000,
    lastTrade: 'either',
    volume: 5,
    incidents: [],
  })
  const quotes = Array.from({ length: 20_000 }, (_, at) => {
    const quote = venue.quote({ feed: 'A/USD', price: still, atUs: at * 100_000 })
    if (quote === null) throw new Error('a venue without incidents always answers')
    return quote
  })
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length

  test('bids and asks are whole ticks, and the spread is never less than it should be', () => {
    const spread = 2 * 1_000_000_000 * 0.0002
    const wrong = quotes.filter(({ bid, ask }) => {
      const isWhole = bid % 25_000 === 0 && ask % 25_000 === 0
      const isWide = ask - bid >= spread * (1 - 0.0003)
      return !isWhole || !isWide || ask - bid >= spread * (1 + 0.0003) + 2 * 25_000
    })
    expect(wrong).toEqual([])
  })

  test('the middle errs evenly: no bias, and the deviation of an even draw', () => {
    const fine = createVenue(4, { ...BARE, noisePpm: 300 })
    const errors = Array.from({ length: 20_000 }, (_, at) => {
      const quote = fine.quote({ feed: 'A/USD', price: still, atUs: at * 100_000 })
      return ((quote?.bid ?? 0) + (quote?.ask ?? 0)) / 2 / 1_000_000_000 - 1
    })
    const deviation = Math.sqrt(mean(errors.map((error) => error ** 2)))
    expect(Math.abs(deviation / (300e-6 / Math.sqrt(3)) - 1)).toBeLessThan(0.02)
    expect(Math.abs(mean(errors))).toBeLessThan((4 * deviation) / Math.sqrt(errors.length))
  })

  test('last trades bounce between bid and ask: Roll’s covariance, minus half the spread squared', () => {
    const bouncing = createVenue(5, { ...BARE, halfSpreadPpm: 200, lastTrade: 'either' })
    const lasts = Array.from({ length: 40_000 }, (_, at) => {
      return bouncing.quote({ feed: 'A/USD', price: still, atUs: at * 100_000 })?.last ?? 0
    })
    const changes = lasts.slice(1).map((last, at) => last - (lasts[at] ?? 0))
    const covariance = mean(changes.slice(1).map((change, at) => change * (changes[at] ?? 0)))
    const half = 1_000_000_000 * 0.0002
    expect(Math.abs(covariance / -(half ** 2) - 1)).toBeLessThan(0.03)
  })

  test('its price is the true one of so long ago', () => {
    const late = createVenue(6, { ...BARE, lagUs: 700_000 })
    const quote = late.quote({ feed: 'A/USD', price: (us) => 1_000_000 + us, atUs: 5_000_000 })
    expect(quote?.bid).toBe(1_000_000 + 4_300_000 - 1)
  })
})

test('a venue that follows a recording is late, fails and is pushed like any other', () => {
  const heard = { name: 'x', localMs: [500, 1_500], exchangeMs: [400, 900], prices: [1, 2] }
  const series = createVenueSeries(heard, 1_000_000)
  const quoteBy = (change: Partial<VenueOptions>, atUs: number) => {
    const quote = createVenue(7, { ...BARE, ...change }).quote({ feed: 'A', price: series, atUs })
    return quote === null ? null : [quote.bid + quote.ask, quote.stampUs]
  }
  expect(quoteBy({}, 400_000)).toBeNull()
  expect(quoteBy({}, 500_000)).toEqual([2_000_000, 400_000])
  expect(quoteBy({}, 1_500_000)).toEqual([4_000_000, 900_000])
  expect(quoteBy({ lagUs: 1_000_000 }, 1_500_000)).toEqual([2_000_000, 400_000])
  const stale = { ...span, type: 'stale' } as const
  expect(quoteBy({ incidents: [stale] }, 1_900_000)).toEqual([2_000_000, 400_000])
  const stuck = { ...span, type: 'stuck' } as const
  expect(quoteBy({ incidents: [stuck] }, 1_900_000)).toEqual([2_000_000, 1_900_000])
  const early = { fromUs: 0, toUs: 2_000_000, type: 'stuck' } as const
  expect(quoteBy({ incidents: [early] }, 1_900_000)).toBeNull()

  const feed = { name: 'A/USD', decimals: 6 } as FeedParams
  const [stand] = standsOf({
    seed: 7,
    feeds: [feed],
    paths: [{ at: () => 9 }],
    venues: [{ ...BARE, quote: 'USD', series }],
    coins: [],
    rules: {} as PriceRules,
    epochMs: 0,
    pushed: new Map([[quoteKey(BARE.name, 'A/USD'), () => 0.5]]),
  })
  if (stand === undefined) throw new Error('the venue has a market')
  const { bid, ask, venueMs } = quoteOf(stand, { atUs: 1_500_000, epochMs: 0 }) ?? {}
  expect([(bid ?? 0n) + (ask ?? 0n), venueMs]).toEqual([6n * QUOTE_UNIT, 900])
  expect(quoteOf(stand, { atUs: 0, epochMs: 0 })).toBeNull()
})

const BARE = {
  name: 'harbour',
  lagUs: 0,
  halfSpreadPpm: 0,
  noisePpm: 0,
  tick: 1,
  lastTrade: 'bid' as const,
  volume: 5,
  incidents: [],
}

test('jumps come as often as said, also less than one in a million steps', () => {
  const jumping = { ...WALK, volatilityPpm: 0, jumpPpm: 10_000 }
  const changesOf = (jumpsPerDay: number, days: number) => {
    const path = createPricePath({ ...jumping, jumpsPerDay })
    let [changes, held] = [0, path.at(0)]
    for (let second = 1; second <= days * 86_400; second++) {
      const price = path.at(second * 1_000_000)
      if (price !== held) changes += 1
      held = price
    }
    return changes
  }
  expect(changesOf(0, 1)).toBe(0)
  expect(changesOf(0.8, 8)).toBeGreaterThan(1)
})
