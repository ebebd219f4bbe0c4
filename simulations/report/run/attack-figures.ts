import type { BookFigures } from '../../statistics/book-figures.ts'
import type { ManipulationFigures } from '../../statistics/manipulation-figures.ts'
import type { Figure, Span } from '../figure/figure.ts'
import { fixed } from '../text.ts'
import { binText, roundAxis, type ShownRun } from './shown-run.ts'
import { middleOf, seriesOfErrors, shadedBy } from './time-figures.ts'

/** Venues that are drawn: colours that are told apart, less two for certified values. */
const VENUES_MAX = 5

/** What attacks on venues did, and what a consumer's book lost; none without them. */
export function attackFigures(run: ShownRun, shaded: readonly Span[]): readonly Figure[] {
  const { manipulation, book } = run.result
  return [
    ...(manipulation === undefined ? [] : [pushedFigure(run, manipulation)]),
    ...(book === undefined ? [] : [moneyFigure(run, book, shaded)]),
  ]
}

function pushedFigure(run: ShownRun, { venues, timeline, spentUsd }: ManipulationFigures): Figure {
  const { timeline: certified } = run.result
  const shown = venues
    .map((each, at) => ({ ...each, at }))
    .filter(({ rounds }) => rounds > 0)
    .toSorted((a, b) => b.spentUsd - a.spentUsd)
    .slice(0, VENUES_MAX)
  const several = new Set(venues.map(({ market }) => market)).size > 1
  return {
    id: 'pushed-venues',
    title: 'Venues that somebody pushes',
    caption:
      'How far their prices are off the true one as each round opens (furthest of the point), ' +
      'and how far the certified value is; ' +
      `for ${fixed(spentUsd / 1_000, 0)} thousand dollars.${binText(timeline)}`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'distance (basis points)', isFree: true },
      series: [
        ...seriesOfErrors(certified),
        ...shown.map(({ venue, market, at }) => ({
          name: several ? `${venue} ${market}` : venue,
          points: timeline.map((b) => ({ x: middleOf(b), y: b.movesBps[at] ?? 0 })),
        })),
      ],
      marks: [{ name: '', y: 0 }],
    },
  }
}

function moneyFigure(run: ShownRun, book: BookFigures, shaded: readonly Span[]): Figure {
  const { timeline, attacker, liquidations: closed } = book
  const curve = (name: string, read: (bucket: BookFigures['timeline'][number]) => number) => ({
    name,
    points: timeline.map((b) => ({ x: middleOf(b), y: read(b) / 1_000 })),
  })
  return {
    id: 'book',
    title: 'What the book loses, and what the attack costs',
    caption:
      'What each party has more than it would at true prices, were all positions closed in that ' +
      `round; ${closed.wrong} wrong and ${closed.missed} missed liquidations. In the end ` +
      `${fixed(attacker.netUsd / 1_000, 0)} thousand dollars are left to the attacker, after ` +
      `${fixed((attacker.bribesUsd + attacker.feesUsd) / 1_000, 0)} thousand for bribes and for ` +
      `the fees of its positions.${binText(timeline)}`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'thousands of US dollars', isFree: true },
      series: [
        curve('attacker', ({ attackerUsd }) => attackerUsd),
        curve('traders', ({ tradersUsd }) => tradersUsd),
        curve('market', ({ marketUsd }) => marketUsd),
        curve('spent on venues', ({ spentUsd }) => spentUsd),
      ],
      marks: [{ name: '', y: 0 }],
      ...shadedBy(shaded),
    },
  }
}
