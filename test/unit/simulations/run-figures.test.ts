import { describe, expect, test } from 'vitest'
import type { Figure } from '../../../simulations/report/figure/figure.ts'
import { attackFigures } from '../../../simulations/report/run/attack-figures.ts'
import type { ShownRun } from '../../../simulations/report/run/shown-run.ts'
import { venuesFigure } from '../../../simulations/report/run/venue-figures.ts'
import { checkScenario } from '../../../simulations/scenario/load.ts'

/** Lines of a figure by their names, as the values of their points. */
function linesOf(figure: Figure | null | undefined) {
  if (figure?.plot.type !== 'lines') throw new Error('lines are drawn')
  const { series = [] } = figure.plot
  return Object.fromEntries(series.map(({ name, points }) => [name, points.map(({ y }) => y)]))
}

/** Two points of two rounds each; a round lasts 500 ms. */
const BINS = [
  { round: 4, rounds: 2, errorBpsLow: -1, errorBpsHigh: 9 },
  { round: 6, rounds: 2, errorBpsLow: 1, errorBpsHigh: 3 },
]
const moved = (venue: string) => ({ venue, market: 'A/USD', rounds: 4, spentUsd: 1 })

describe('figures whose points stand for several rounds', () => {
  test('both ends of the certified value stand beside the furthest of pushed venues', () => {
    const manipulation = {
      spentUsd: 1,
      venues: [moved('a')],
      timeline: BINS.map(({ round, rounds }) => ({ round, rounds, spentUsd: 1, movesBps: [9] })),
    }
    const result = { timeline: BINS, manipulation, rounds: { opened: 4 } }
    const [figure] = attackFigures({ result } as never as ShownRun, [])
    expect(linesOf(figure)).toEqual({
      'certified, highest': [9, 3],
      'certified, lowest': [-1, 1],
      a: [9, 9],
    })
  })

  test('venues of a recording show their furthest, and none that quotes in a coin', () => {
    const scenario = checkScenario({
      name: 'test',
      committee: { members: 4 },
      rounds: 4,
      prices: {
        venues: ['a', 'b', 'c'].map((name) => {
          return { name, volume: 1, lagMs: 0, quote: name === 'b' ? 'USDT' : 'USD' }
        }),
        conversions: [{ market: 'USDT/USD', venues: ['x', 'y', 'z'].map((name) => ({ name })) }],
      },
    })
    const venues = scenario.prices.venues.map((venue) => ({ ...venue, path: venue.name }))
    // Heard before the round that begins a point, within it, and before the next.
    const localMs = [0, 2_400, 2_900]
    const recording = {
      stepMs: 100,
      prices: Array.from({ length: 100 }, () => 1_000),
      venues: ['a', 'b', 'c'].map((name) => {
        return { name, localMs, exchangeMs: localMs, prices: [1_000, 990, 1_001] }
      }),
    }
    const run = {
      scenario: { ...scenario, prices: { ...scenario.prices, venues } },
      result: { timeline: BINS, seed: 1, rounds: { opened: 4 } },
      recording,
    }
    const figure = venuesFigure(run as never as ShownRun, [])
    expect(linesOf(figure)).toEqual({ a: [-100, 10], c: [-100, 10] })
    expect(figure?.caption).toContain('Those that quote in coins are not drawn.')
  })
})
