import type { LinePlot, Point, Series, Span } from './figure.ts'
import {
  type Area,
  areaData,
  axisScale,
  horizontalAxis,
  type LegendEntry,
  leftOf,
  legendOf,
  levelsOf,
  verticalAxis,
  whisker,
} from './frame.ts'
import type { Scale } from './scale.ts'
import {
  colourOf,
  dashOf,
  element,
  INK,
  lineBetween,
  rounded,
  SHADE,
  SOFT,
  text,
  WIDTH,
  widthOf,
} from './svg.ts'

/** A drawn plot: what is in the image, and how high that is. */
export interface Drawn {
  readonly svg: string
  readonly height: number
}

const PLOT_HEIGHT = 300
const MARK_SIZE = 11
const MARK_LINE = 14

/** Curves; each is a group that a page can hide, and carries its points for a pointer. */
export function drawLines(plot: LinePlot, top: number): Drawn {
  const { series, bands = [], marks = [], shaded } = plot
  const legend = legendOf(entriesOf(plot), top)
  const { xs, ys } = valuesOf(plot)
  const y0 = legend.bottom + 14
  const bottom = y0 + PLOT_HEIGHT
  const vertical = axisScale(plot.y, ys, { pixels: [bottom, y0], ticksMax: 6 })
  const left = leftOf(vertical, plot.x.leftMin)
  const area: Area = { left, right: WIDTH - 28, top: y0, bottom }
  // Points are whole at the ends of the axis too, and with intervals stand beside each other.
  const isDotted = series.some(({ shape }) => shape === 'dotted')
  const room = hasIntervals(plot) ? 18 : isDotted ? 8 : 0
  const pixels = [area.left + room, area.right - room] as const
  const horizontal = axisScale(plot.x, xs, { pixels, ticksMax: 8 })
  const scales = { horizontal, vertical }
  const drawnBands = bands.map(({ name, points }, index) =>
    bandOf({ name, points, index, of: series.length }, scales),
  )
  const parts = [
    legend.svg,
    areaData(horizontal, plot.x, area),
    shaded === undefined ? '' : shadeOf(shaded.spans, scales, area),
    verticalAxis(vertical, plot.y.label, area),
    clipped(drawnBands.join('\n'), area),
    horizontalAxis(horizontal, plot.x.label, area),
    clipped(series.map((each, at) => seriesOf(each, { at, of: plot, scales })).join('\n'), area),
    ...marks.flatMap(({ name, y }) => (y === undefined ? [] : [markAtY(name, y, scales, area)])),
    ...marksAtX(marks, scales, area),
  ]
  return { svg: parts.join('\n'), height: bottom + 54 }
}

function valuesOf({ series, bands = [], marks = [] }: LinePlot) {
  const xs = [
    ...series.flatMap(({ points }) => points.map(({ x }) => x)),
    ...bands.flatMap(({ points }) => points.map(({ x }) => x)),
    ...marks.flatMap(({ x }) => x ?? []),
  ]
  const ys = [
    ...series.flatMap(({ points }) => points.flatMap(({ y, interval = [] }) => [y, ...interval])),
    ...bands.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high])),
    ...marks.flatMap(({ y }) => y ?? []),
  ]
  return { xs, ys: ys.flatMap((y) => y ?? []) }
}

function entriesOf({ series, bands = [], shaded }: LinePlot): readonly LegendEntry[] {
  const named = [
    ...series.map(({ name, shape }, index) => ({
      name,
      mark: shape === 'points' ? ('points' as const) : ('line' as const),
      colour: colourOf(index),
      dash: dashOf(index),
      series: index,
    })),
    ...bands.map(({ name }, index) => ({
      name,
      mark: 'band' as const,
      colour: colourOf(series.length + index),
      series: series.length + index,
    })),
  ]
  if (shaded === undefined || shaded.spans.length === 0) return named
  const sign = (x: number, y: number) =>
    element('rect', { x: x - 8, y: y - 6, width: 16, height: 12, fill: SHADE }) +
    element('rect', { x: x - 8, y: y - 6, width: 16, height: 4, fill: SOFT })
  return [...named, { name: shaded.name, mark: 'box', colour: SHADE, sign }]
}

interface Scales {
  readonly horizontal: Scale
  readonly vertical: Scale
}

/** Thinner stretches would not be seen. */
const SPAN_WIDTH_MIN = 1.5
const BAR_HEIGHT = 5

function shadeOf(spans: readonly Span[], { horizontal }: Scales, area: Area): string {
  const at = (x: number) => horizontal.at(Math.min(horizontal.high, Math.max(horizontal.low, x)))
  const boxes = spans.map(({ from, to }) => {
    const width = Math.max(SPAN_WIDTH_MIN, at(to) - at(from))
    const x = Math.min(at(from), area.right - width)
    const { top: y, bottom } = area
    const shade = { fill: SHADE, 'fill-opacity': 0.45 }
    // A bar along the top tells it from a band, also without colours.
    const bar = element('rect', { x, y: y - BAR_HEIGHT, width, height: BAR_HEIGHT, fill: SOFT })
    return element('rect', { x, y, width, height: bottom - y, ...shade }) + bar
  })
  const data = JSON.stringify(spans.map(({ name, from, to }) => [from, to, name]))
  return element('g', { 'data-spans': data }, boxes.join(''))
}

type Band = NonNullable<LinePlot['bands']>[number]

function bandOf(
  { name, points, index, of }: Band & { readonly index: number; readonly of: number },
  scales: Scales,
): string {
  const number = of + index
  const paths = runsOf(points, ({ low, high }) => low !== null && high !== null).map((run) => {
    const up = run.map(({ x, high }) => ({ x, y: high }))
    const down = run.map(({ x, low }) => ({ x, y: low })).reverse()
    return `${pathOf([...up, ...down], scales)}Z`
  })
  const fill = colourOf(number)
  const drawn = element('path', {
    d: paths.join(''),
    fill,
    'fill-opacity': 0.22,
    // A band of one point, or one that is thinner than a pixel, is still seen.
    stroke: fill,
    'stroke-opacity': 0.3,
  })
  const values = points.map(({ x, low, high }) => [
    significant(x),
    low === null ? null : significant(low),
    high === null ? null : significant(high),
  ])
  const data = { 'data-series': number, 'data-name': name, 'data-points': JSON.stringify(values) }
  return element('g', data, drawn)
}

function hasIntervals({ series }: LinePlot): boolean {
  return series.some(({ points }) => points.some(({ interval }) => interval !== undefined))
}

/** Curves of a long run with more points are drawn thinner. */
const POINTS_MANY = 300
/** Pixels between points of two curves at one place. */
const ASIDE = 5

function seriesOf(
  { name, points, shape = 'line' }: Series,
  {
    at: index,
    of,
    scales,
  }: { readonly at: number; readonly of: LinePlot; readonly scales: Scales },
): string {
  const { horizontal, vertical } = scales
  const colour = colourOf(index)
  const isThin = of.x.isRounds === true && points.length > POINTS_MANY
  const aside = hasIntervals(of) ? (index - (of.series.length - 1) / 2) * ASIDE : 0
  const known = points.flatMap(({ x, y, interval }) =>
    y === null ? [] : [{ x, y, interval: interval ?? [] }],
  )
  const whiskers = known.flatMap(({ x, y, interval }) =>
    interval.map((end) => whisker(horizontal.at(x), [vertical.at(y), vertical.at(end)], colour)),
  )
  const dots = known.map(({ x, y }) =>
    element('circle', { cx: horizontal.at(x), cy: vertical.at(y), r: 3, fill: colour }),
  )
  const lines = runsOf(points, ({ y }) => y !== null).map((run) =>
    pathOf(shape === 'steps' ? stepped(run) : run, scales),
  )
  const line = element('path', {
    d: lines.join(''),
    fill: 'none',
    stroke: colour,
    'stroke-width': isThin ? 1.2 : 2,
    'stroke-linejoin': 'round',
    'stroke-dasharray': dashOf(index) || undefined,
  })
  const isDotted = shape === 'points' || shape === 'dotted'
  const drawn = [shape === 'points' ? '' : line, ...whiskers, ...(isDotted ? dots : [])].join('')
  const values = points.map(({ x, y, interval = [] }) =>
    [x, y, ...interval].map((value) => (value === null ? null : significant(value))),
  )
  const data = { 'data-series': index, 'data-name': name, 'data-points': JSON.stringify(values) }
  const transform = aside === 0 ? undefined : `translate(${rounded(aside)} 0)`
  return element('g', { ...data, transform }, drawn)
}

/** Stretches without a gap. */
function runsOf<T>(points: readonly T[], isThere: (point: T) => boolean): readonly T[][] {
  const runs: T[][] = []
  let isOpen = false
  for (const point of points) {
    if (isThere(point)) {
      if (isOpen) runs.at(-1)?.push(point)
      else runs.push([point])
    }
    isOpen = isThere(point)
  }
  return runs
}

/** Half a line's width is left around the area, so that curves along its edge are whole. */
const EDGE = 2

/** What a stated range leaves out is not drawn over the rest of the figure. */
function clipped(svg: string, { left, right, top, bottom }: Area): string {
  if (svg === '') return ''
  const box = [left - EDGE, top - EDGE, right - left + 2 * EDGE, bottom - top + 2 * EDGE] as const
  const [x, y, width, height] = box
  return element('svg', { x, y, width, height, viewBox: box.map(rounded).join(' ') }, svg)
}

function significant(value: number): number {
  return Number(value.toPrecision(7))
}

function stepped(points: readonly Point[]): readonly Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1]
    return before === undefined ? [point] : [{ x: point.x, y: before.y }, point]
  })
}

/** A single point is a short line. */
function pathOf(points: readonly Point[], { horizontal, vertical }: Scales): string {
  const [only] = points
  if (only !== undefined && points.length === 1) {
    return `M${rounded(horizontal.at(only.x) - 1.5)} ${rounded(vertical.at(only.y ?? 0))}h3`
  }
  return points
    .map(({ x, y }, index) => {
      const command = index === 0 ? 'M' : 'L'
      return `${command}${rounded(horizontal.at(x))} ${rounded(vertical.at(y ?? 0))}`
    })
    .join('')
}

const MARK_STROKE = { stroke: INK, 'stroke-width': 1, 'stroke-dasharray': '4 3' } as const

function markAtY(name: string, y: number, { vertical }: Scales, area: Area): string {
  const at = vertical.at(y)
  const place = { x: area.right - 4, y: at - 5, size: MARK_SIZE, anchor: 'end' as const }
  const line = lineBetween([area.left, at], [area.right, at], MARK_STROKE)
  return name === '' ? line : line + text(name, { ...place, isOnLines: true })
}

/** Names beside their lines, below each other where they would meet. */
function marksAtX(
  marks: NonNullable<LinePlot['marks']>,
  { horizontal }: Scales,
  area: Area,
): readonly string[] {
  const placed = marks.flatMap(({ name, x }) => {
    if (x === undefined) return []
    const at = horizontal.at(x)
    const width = widthOf(name, MARK_SIZE)
    const isRight = at + 6 + width < area.right
    return [{ name, at, width, isRight, left: isRight ? at + 6 : at - 6 - width }]
  })
  const levels = levelsOf(placed)
  return placed.map(({ name, at, isRight }, index) => {
    const y = area.top + 12 + (levels[index] ?? 0) * MARK_LINE
    const anchor = isRight ? ('start' as const) : ('end' as const)
    const place = { x: isRight ? at + 6 : at - 6, y, size: MARK_SIZE, anchor }
    const line = lineBetween([at, area.top], [at, area.bottom], MARK_STROKE)
    return line + text(name, { ...place, isOnLines: true })
  })
}
