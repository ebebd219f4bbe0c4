import { FEED_DECIMALS } from '../../scenario/params.ts'
import {
  createRecordedPath,
  createVenueSeries,
  type RecordedVenue,
  type Recording,
} from '../../world/recorded.ts'
import type { Figure, Span } from '../figure/figure.ts'
import { binText, roundAxis, type ShownRun, timingOf } from './shown-run.ts'
import { middleOf, shadedBy } from './time-figures.ts'

/** Colours that are told apart. */
const VENUES_SHOWN = 7
const UNIT = 10 ** FEED_DECIMALS

/** How far venues that follow a recording were off the true price; null where none does. */
export function venuesFigure(run: ShownRun, shaded: readonly Span[]): Figure | null {
  const { recording = null, scenario, result } = run
  if (recording === null) return null
  const known = scenario.prices.venues.flatMap(({ name, path, lagMs, quote }) => {
    const venue = recording.venues.find((each) => each.name === path)
    return venue === undefined ? [] : [{ name, venue, lagMs, quote }]
  })
  // A price in a coin is no distance from one in dollars.
  const following = known.filter(({ quote }) => quote === 'USD')
  const coins = known.length === following.length ? '' : ' Those that quote in coins are not drawn.'
  if (following.length === 0) return null
  const shown = following.slice(0, VENUES_SHOWN)
  const more = following.length - shown.length
  const rest = more === 0 ? '' : ` ${more} more venues are not drawn.`
  return {
    id: 'venues',
    title: 'What venues showed, distance from the true price',
    caption:
      'The last price that had arrived from each venue when a round opened, less the true price: ' +
      'its own lag and error, the furthest of each point. What a scenario adds to it (incidents, ' +
      `noise) is not in it.${rest}${coins}${binText(result.timeline)}`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'distance (basis points)', isFree: true },
      series: shown.map(({ name, ...of }) => ({ name, points: pointsOf(run, recording, of) })),
      marks: [{ name: '', y: 0 }],
      ...shadedBy(shaded),
    },
  }
}

function pointsOf(
  run: ShownRun,
  recording: Recording,
  { venue, lagMs }: { readonly venue: RecordedVenue; readonly lagMs: number },
) {
  const truth = createRecordedPath(recording, UNIT)
  const series = createVenueSeries(venue, UNIT)
  const { roundMs } = timingOf(run)
  const bpsAt = (nowMs: number): number | null => {
    const said = series.at((nowMs - lagMs) * 1_000)
    const price = truth.at(nowMs * 1_000)
    return said === null ? null : (10_000 * (said.price - price)) / price
  }
  return run.result.timeline.map((bucket) => {
    const each = Array.from({ length: bucket.rounds }, (_, at) => {
      return bpsAt((bucket.round + at) * roundMs)
    })
    return { x: middleOf(bucket), y: furthestOf(each) }
  })
}

function furthestOf(distances: readonly (number | null)[]): number | null {
  return distances.reduce((furthest, each) => {
    return Math.abs(each ?? 0) > Math.abs(furthest ?? 0) ? each : (furthest ?? each)
  }, null)
}
