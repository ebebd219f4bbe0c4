import { describe, expect, test } from 'vitest'
import { createVenue, type VenueIncident } from '../../../simulations/world/venues.ts'

const price = (timeUs: number) => 1_000_000 + Math.max(0, timeUs) / 1_000
const venueOf = (incidents: readonly VenueIncident[] = []) =>
  createVenue(1, {
    name: 'harbour',
    lagUs: 0,
    halfSpreadPpm: 10,
    noisePpm: 0,
    volume: 5,
    incidents,
  })
const middleAt = (incidents: readonly VenueIncident[], atUs: number) => {
  const quote = venueOf(incidents).quote({ feed: 'A/USD', price, atUs })
  return quote === null ? null : { middle: (quote.bid + quote.ask) / 2, stampUs: quote.stampUs }
}
const span = { fromUs: 1_000_000, toUs: 2_000_000 }

describe('a venue', () => {
  test('quotes around the price of its last tick, whoever asks first', () => {
    const venue = venueOf()
    const late = venue.quote({ feed: 'A/USD', price, atUs: 950_000 })
    const early = venue.quote({ feed: 'A/USD', price, atUs: 350_000 })
    expect(late).toEqual({ bid: 1_000_890, ask: 1_000_910, stampUs: 900_000, volume: 5 })
    expect(early).toEqual({ bid: 1_000_290, ask: 1_000_310, stampUs: 300_000, volume: 5 })
  })

  test('a dead one says nothing while it is dead', () => {
    expect(middleAt([{ ...span, type: 'dead' }], 1_500_000)).toBeNull()
    expect(middleAt([{ ...span, type: 'dead' }], 2_000_000)).toMatchObject({ middle: 1_002_000 })
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
})
