import type { TimelineBucket } from '../../statistics/timeline.ts'
import type { Figure, LinePlot, Span } from '../figure/figure.ts'
import { fixed } from '../text.ts'
import { binText, roundAxis, type ShownRun } from './shown-run.ts'

/** Light, middle and dark, also in print without colours. */
const ENDS = [
  { name: 'fast', colour: '#a8d5ba' },
  { name: 'proposed', colour: '#e08b00', isHatched: true },
  { name: 'lost', colour: '#7f0f1c' },
] as const

/** How rounds ended, one strip over the run. */
export function pathsFigure(run: ShownRun): Figure {
  const { timeline, rounds } = run.result
  return {
    id: 'paths',
    title: 'How rounds ended',
    caption:
      `${rounds.fast} fast, ${rounds.proposed} proposed, ${rounds.lost} lost.` +
      `${binText(timeline)} Where points stand for several rounds, colours fill them by share.`,
    plot: {
      type: 'strip',
      x: roundAxis(run),
      y: null,
      categories: ENDS,
      rowHeight: 46,
      rows: [
        {
          name: '',
          cells: timeline.map(({ round, rounds: count, fast, proposed, lost }) => ({
            from: round,
            to: round + count,
            counts: [fast, proposed, lost],
          })),
        },
      ],
    },
  }
}

/** Time to the certificates over the run. */
export function latencyOverRounds(run: ShownRun, shaded: readonly Span[]): Figure {
  const { timeline } = run.result
  const certified = (bucket: TimelineBucket) => bucket.rounds - bucket.lost
  const first = (bucket: TimelineBucket) =>
    certified(bucket) === 0 ? null : bucket.firstMsSum / certified(bucket)
  return {
    id: 'latency-rounds',
    title: 'Time to the certificate, over the run',
    caption:
      'From the opening of a round: the line is the first certificate at an honest member (mean ' +
      'of the point), the band ends where the last honest member had its own (the largest of ' +
      `the point). A gap is a round without a certificate.${binText(timeline)}`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'time from the opening (ms)' },
      series: [
        {
          name: 'first honest member',
          points: timeline.map((b) => ({ x: middleOf(b), y: first(b) })),
        },
      ],
      bands: [
        {
          name: 'until the last one',
          points: timeline.map((bucket) => {
            const isThere = certified(bucket) > 0
            return {
              x: middleOf(bucket),
              low: first(bucket),
              high: isThere ? bucket.lastMsMax : null,
            }
          }),
        },
      ],
      ...shadedBy(shaded),
    },
  }
}

/** Cumulative distributions of the time to the certificates. */
export function latencyFigure({ result }: ShownRun): Figure {
  const { curves, latencyMs, withoutResult } = result
  const { first, all, last } = latencyMs
  const curve = (points: typeof curves.first) =>
    points.map(({ ms, share }) => ({ x: ms, y: 100 * share }))
  const figures = ({ p50Ms, p99Ms }: typeof first) => `${fixed(p50Ms, 1)} and ${fixed(p99Ms, 1)} ms`
  return {
    id: 'latency',
    title: 'Time to the certificate, distribution',
    caption:
      'Share of certificates that were there after so long: at the first honest member that ' +
      `holds one (median and 99th percentile ${figures(first)}), and at each (${figures(all)}). ` +
      `The last one of a round had it after ${figures(last)}. ${withoutText(withoutResult)}`,
    plot: {
      type: 'lines',
      x: { label: 'time from the opening of the round (ms)' },
      y: { label: 'certificates (%)', range: [0, 100] },
      series: [
        { name: 'first honest member', points: curve(curves.first) },
        { name: 'each honest member', points: curve(curves.all) },
      ],
    },
  }
}

/** Which members no latency is of. */
function withoutText(withoutResult: number | null): string {
  const share = fixed(withoutResult === null ? null : 100 * withoutResult, 2)
  return (
    'Members that have none two rounds after the opening are in no figure: ' +
    `${share} % of all in rounds with a certificate, those that were down among them.`
  )
}

/** The certified price, the true one, and what honest members saw. */
export function priceFigure(run: ShownRun, shaded: readonly Span[]): Figure {
  const { timeline } = run.result
  return {
    id: 'price',
    title: 'Price',
    caption:
      'The certified value of the first feed, the true price when the round opened, and the ' +
      `range of what honest members observed.${binText(timeline)}`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'value of the first feed (USD)', isFree: true },
      series: [
        {
          name: 'certified',
          points: timeline.map((b) => ({ x: middleOf(b), y: halfway(b.valueLow, b.valueHigh) })),
        },
        {
          name: 'true price',
          points: timeline.map((b) => ({ x: middleOf(b), y: halfway(b.truthLow, b.truthHigh) })),
        },
      ],
      bands: [
        {
          name: 'observed by honest members',
          points: timeline.map((b) => ({ x: middleOf(b), low: b.honestLow, high: b.honestHigh })),
        },
      ],
      ...shadedBy(shaded),
    },
  }
}

/** Distances from the true price, where spread and error can be seen. */
export function errorFigure(run: ShownRun, shaded: readonly Span[]): Figure {
  const { timeline } = run.result
  return {
    id: 'price-error',
    title: 'Distance from the true price',
    caption:
      'Certified values and the range of honest observations, less the true price when their ' +
      'round opened: lag is part of it, and how long the certificate took is not.' +
      binText(timeline),
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'distance (basis points)', isFree: true },
      series: seriesOfErrors(timeline),
      bands: [
        {
          name: 'observed by honest members',
          points: timeline.map((b) => ({
            x: middleOf(b),
            low: b.honestBpsLow,
            high: b.honestBpsHigh,
          })),
        },
      ],
      marks: [{ name: '', y: 0 }],
      ...shadedBy(shaded),
    },
  }
}

/** How far certified values are off; both ends where points stand for several rounds. */
export function seriesOfErrors(timeline: readonly TimelineBucket[]): LinePlot['series'] {
  const lowest = timeline.map((b) => ({ x: middleOf(b), y: b.errorBpsLow }))
  if (timeline.every(({ rounds }) => rounds === 1)) return [{ name: 'certified', points: lowest }]
  const highest = timeline.map((b) => ({ x: middleOf(b), y: b.errorBpsHigh }))
  return [
    { name: 'certified, highest', points: highest },
    { name: 'certified, lowest', points: lowest },
  ]
}

/** The middle of what a bucket spans; null where nothing is. */
export function halfway(low: number | null, high: number | null): number | null {
  return low === null || high === null ? null : (low + high) / 2
}

/** The middle of the rounds of a point, where it stands. */
export function middleOf({ round, rounds }: Pick<TimelineBucket, 'round' | 'rounds'>): number {
  return round + rounds / 2
}

/** Stretches with a fault, as a plot shades them. */
export function shadedBy(spans: readonly Span[]): Pick<LinePlot, 'shaded'> {
  return spans.length === 0 ? {} : { shaded: { name: 'a fault', spans } }
}
