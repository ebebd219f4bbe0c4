import type { Bar, BarPlot, Figure, HeatCell, LinePlot, Point } from '../report/figure/figure.ts'
import { fixed } from '../report/text.ts'
import { type Estimate, endsOf, estimateOf, estimateText } from '../statistics/interval.ts'
import type { Metric } from './metric.ts'
import type { Finished } from './results.ts'
import { type Axis, type Grid, type Panel, valuesAt } from './sweep-grid.ts'
import type { AxisValue } from './sweep-points.ts'

/** Cells of more would be too thin to read. */
const VALUES_MAX = 40
/** Colours that are told apart. */
const SERIES_MAX = 7
/** Combinations of the other axes that are drawn. */
export const PANELS_MAX = 6

/**
 * Of some metrics: those whose means differ between points in the digits that are shown, and the
 * others that any run has, with their mean over all runs.
 */
export function metricsOf(
  { panels }: Grid,
  metrics: readonly Metric[],
): {
  readonly varying: readonly Metric[]
  readonly constant: readonly { readonly metric: Metric; readonly mean: number }[]
} {
  const runs = panels.flatMap((panel) => panel.runs)
  const points = [...Map.groupBy(runs, ({ values }) => JSON.stringify(values)).values()]
  const meanOf = ({ read }: Metric, some: readonly Finished[]) =>
    estimateOf(some.flatMap(({ outcome }) => read(outcome) ?? []))?.mean ?? null
  const seen = metrics.map((metric) => {
    const shown = new Set(points.map((some) => fixed(meanOf(metric, some), metric.digits)))
    return { metric, isVarying: shown.size > 1, mean: meanOf(metric, runs) }
  })
  return {
    varying: seen.flatMap(({ metric, isVarying }) => (isVarying ? [metric] : [])),
    constant: seen.flatMap(({ metric, isVarying, mean }) =>
      isVarying || mean === null ? [] : [{ metric, mean }],
    ),
  }
}

/** A heat map over the two main axes, and the same with intervals, for each metric and panel. */
export function figuresOfSweep(grid: Grid, metrics: readonly Metric[]): readonly Figure[] {
  const { varying } = metricsOf(grid, metrics)
  return varying.flatMap((metric) =>
    grid.panels.slice(0, PANELS_MAX).flatMap((panel, index) => {
      const id = grid.panels.length > 1 ? `${metric.id}-${index + 1}` : metric.id
      const of = { grid, metric, panel, id }
      return [heatFigure(of), intervalFigure(of)].flatMap((figure) => figure ?? [])
    }),
  )
}

interface Shown {
  readonly grid: Grid
  readonly metric: Metric
  readonly panel: Panel
  readonly id: string
}

function titleOf({ metric, panel }: Shown): string {
  const name = `${metric.name[0]?.toUpperCase()}${metric.name.slice(1)}`
  return panel.name === '' ? name : `${name}, ${panel.name}`
}

function heatFigure(of: Shown): Figure | null {
  const { grid, metric, panel, id } = of
  const [x, y] = grid.main
  if (x === null || y === null) return null
  if (x.values.length > VALUES_MAX || y.values.length > VALUES_MAX) return null
  const seeds = new Set(panel.runs.map(({ seed }) => seed)).size
  const cells = y.values.map((row) =>
    x.values.map((column): HeatCell | null => {
      const found = valuesAt(panel, metric, [
        [x, column],
        [y, row],
      ])
      const estimate = estimateOf(found)
      if (estimate === null) return null
      const text = estimateText(estimate, metric.digits)
      const few = estimate.count < seeds ? ` (${estimate.count})` : ''
      return { value: estimate.mean, text: `${text}${few}` }
    }),
  )
  return {
    id: `${id}-map`,
    title: titleOf(of),
    caption:
      'Mean over the seeds, with half of its 95 % interval where that shows, and how many seeds ' +
      'where some have no such value. A stroke: no run, or no such value.',
    plot: {
      type: 'heat',
      x: { label: x.name, names: x.values.map(String) },
      y: { label: y.name, names: y.values.map(String) },
      cells,
      value: metric.name,
      isDiverging: metric.isSigned === true,
      isInverted: metric.id === 'fast-percent',
    },
  }
}

interface Curve {
  readonly name: string
  readonly points: readonly { readonly x: AxisValue; readonly estimate: Estimate | null }[]
}

/** Lines where an axis has numbers, bars else; null where there would be too many colours. */
function intervalFigure(of: Shown): Figure | null {
  const { grid, metric, id } = of
  const axes = grid.main.flatMap((axis) => axis ?? [])
  const otherOf = (axis: Axis) => axes.find((each) => each !== axis) ?? null
  const along = axes
    .filter((axis) => (otherOf(axis)?.values.length ?? 0) <= SERIES_MAX)
    // The one with more values shows a course best.
    .sort((a, b) => {
      const byNumbers = Number(isNumeric(b)) - Number(isNumeric(a))
      return byNumbers === 0 ? b.values.length - a.values.length : byNumbers
    })[0]
  if (along === undefined) return null
  const curves = curvesOf(of, along, otherOf(along))
  const hasIntervals = curves.some(({ points }) => points.some(hasInterval))
  const aside = isNumeric(along) && curves.length > 1 ? ASIDE : ''
  return {
    id,
    title: `${titleOf(of)}, by ${along.name}`,
    caption: hasIntervals
      ? `Mean over the seeds with its 95 % interval.${aside}`
      : 'One seed each.',
    plot: isNumeric(along) ? linesOf(curves, along, metric) : barsOf(curves, along, metric),
  }
}

const ASIDE = ' Curves stand a little aside of each other, so that all intervals are seen.'

function hasInterval({ estimate }: Curve['points'][number]): boolean {
  return estimate !== null && estimate.half !== null
}

function isNumeric({ values }: Axis): boolean {
  return values.every((value) => typeof value === 'number')
}

function curvesOf({ metric, panel }: Shown, along: Axis, other: Axis | null): readonly Curve[] {
  const xs = isNumeric(along)
    ? [...along.values].sort((a, b) => Number(a) - Number(b))
    : along.values
  const curve = (name: string, fixed: readonly (readonly [Axis, AxisValue])[]): Curve => ({
    name,
    points: xs.map((x) => {
      return { x, estimate: estimateOf(valuesAt(panel, metric, [[along, x], ...fixed])) }
    }),
  })
  if (other === null) return [curve(metric.name, [])]
  return other.values.map((value) => curve(`${other.name} ${value}`, [[other, value]]))
}

function boundsOf({ max, isSigned }: Metric): { readonly min?: number; readonly max?: number } {
  return {
    ...(isSigned === true ? { min: Number.NEGATIVE_INFINITY } : {}),
    ...(max === undefined ? {} : { max }),
  }
}

function linesOf(curves: readonly Curve[], along: Axis, metric: Metric): LinePlot {
  return {
    type: 'lines',
    x: { label: along.name, isFree: true, ...marksOf(along) },
    y: { label: metric.name, isFree: metric.isFree === true },
    series: curves.map(({ name, points }) => ({
      name,
      shape: 'dotted' as const,
      points: points.map(({ x, estimate }): Point => {
        const ends = estimate === null ? null : endsOf(estimate, boundsOf(metric))
        const point = { x: Number(x), y: estimate?.mean ?? null }
        return ends === null ? point : { ...point, interval: ends }
      }),
    })),
  }
}

/** Nearer values would write their numbers over each other. */
const MARK_SHARE_MIN = 0.08

/** Marks at the values of an axis, where these are whole and apart: there are no 4.5 members. */
function marksOf({ values }: Axis): { readonly ticks?: readonly number[] } {
  const ticks = values.map(Number).toSorted((a, b) => a - b)
  const least = MARK_SHARE_MIN * ((ticks.at(-1) ?? 0) - (ticks[0] ?? 0))
  const isApart = ticks.every((tick, at) => at === 0 || tick - (ticks[at - 1] ?? tick) >= least)
  return ticks.length > 1 && ticks.every(Number.isInteger) && isApart ? { ticks } : {}
}

function barsOf(curves: readonly Curve[], along: Axis, metric: Metric): BarPlot {
  const bar = (estimate: Estimate | null): Bar | null => {
    if (estimate === null) return null
    const ends = endsOf(estimate, boundsOf(metric))
    return ends === null ? { value: estimate.mean } : { value: estimate.mean, whisker: ends }
  }
  const hasIntervals = curves.some(({ points }) => points.some(hasInterval))
  return {
    type: 'bars',
    x: { label: along.name },
    y: { label: metric.name },
    groups: (curves[0]?.points ?? []).map(({ x }) => String(x)),
    series: curves.map(({ name, points }) => ({
      name,
      bars: points.map(({ estimate }) => bar(estimate)),
    })),
    ...(hasIntervals ? { whiskers: '95 % interval' } : {}),
  }
}
