import type { LinePlot, Point, Series } from './figure.ts'
import {
  type Area,
  axisScale,
  horizontalAxis,
  type LegendEntry,
  leftOf,
  legendOf,
  verticalAxis,
} from './frame.ts'
import type { Scale } from './scale.ts'
import {
  colourOf,
  dashOf,
  element,
  INK,
  lineBetween,
  rounded,
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

/** Curves; each is a group that a page can hide, and carries its points for a pointer. */
export function drawLines(plot: LinePlot, top: number): Drawn {
  const { series, bands = [], marks = [] } = plot
  const legend = legendOf(entriesOf(plot), top)
  const y0 = legend.bottom + 14
  const ys = [
    ...series.flatMap(({ points }) => points.map(({ y }) => y)),
    ...bands.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high])),
    ...marks.flatMap(({ y }) => (y === undefined ? [] : [y])),
  ]
  const xs = [
    ...series.flatMap(({ points }) => points.map(({ x }) => x)),
    ...bands.flatMap(({ points }) => points.map(({ x }) => x)),
    ...marks.flatMap(({ x }) => (x === undefined ? [] : [x])),
  ]
  const bottom = y0 + PLOT_HEIGHT
  const vertical = axisScale(plot.y, ys, { pixels: [bottom, y0], ticksMax: 6 })
  const area: Area = { left: leftOf(vertical), right: WIDTH - 28, top: y0, bottom }
  const pixels = [area.left, area.right] as const
  const horizontal = axisScale(plot.x, xs, { pixels, ticksMax: 8 })
  const scales = { horizontal, vertical }
  const parts = [
    verticalAxis(vertical, plot.y.label, area),
    ...bands.map(({ points }, index) => {
      const up = points.map(({ x, high }) => ({ x, y: high }))
      const down = points.map(({ x, low }) => ({ x, y: low })).reverse()
      const fill = colourOf(series.length + index)
      const path = `${pathOf([...up, ...down], scales)}Z`
      return element('path', { d: path, fill, 'fill-opacity': 0.22 })
    }),
    horizontalAxis(horizontal, plot.x.label, area),
    clipped(series.map((each, index) => seriesOf(each, index, scales)).join('\n'), area),
    ...marks.map((mark) => markOf(mark, scales, area)),
  ]
  const data = element('g', {
    'data-area': [area.left, area.right, area.top, area.bottom].map(rounded).join(' '),
    'data-x': `${horizontal.low} ${horizontal.high}`,
    'data-x-label': plot.x.label,
  })
  return { svg: [legend.svg, data, ...parts].join('\n'), height: bottom + 54 }
}

function entriesOf({ series, bands = [] }: LinePlot): readonly LegendEntry[] {
  return [
    ...series.map(({ name, shape }, index) => ({
      name,
      mark: shape === 'points' ? ('points' as const) : ('line' as const),
      colour: index,
      series: index,
    })),
    ...bands.map(({ name }, index) => ({
      name,
      mark: 'band' as const,
      colour: series.length + index,
    })),
  ]
}

interface Scales {
  readonly horizontal: Scale
  readonly vertical: Scale
}

function seriesOf({ name, points, shape = 'line' }: Series, index: number, scales: Scales): string {
  const colour = colourOf(index)
  const drawn =
    shape === 'points'
      ? points
          .map(({ x, y }) =>
            element('circle', {
              cx: scales.horizontal.at(x),
              cy: scales.vertical.at(y),
              r: 3,
              fill: colour,
            }),
          )
          .join('')
      : element('path', {
          d: pathOf(shape === 'steps' ? stepped(points) : points, scales),
          fill: 'none',
          stroke: colour,
          'stroke-width': 2,
          'stroke-linejoin': 'round',
          'stroke-dasharray': dashOf(index) || undefined,
        })
  const values = JSON.stringify(points.map(({ x, y }) => [significant(x), significant(y)]))
  return element('g', { 'data-series': index, 'data-name': name, 'data-points': values }, drawn)
}

/** Half a line's width is left around the area, so that curves along its edge are whole. */
const EDGE = 2

/** What a stated range leaves out is not drawn over the rest of the figure. */
function clipped(svg: string, { left, right, top, bottom }: Area): string {
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

function pathOf(points: readonly Point[], { horizontal, vertical }: Scales): string {
  return points
    .map(({ x, y }, index) => {
      const command = index === 0 ? 'M' : 'L'
      return `${command}${rounded(horizontal.at(x))} ${rounded(vertical.at(y))}`
    })
    .join('')
}

function markOf(
  { name, x, y }: { readonly name: string; readonly x?: number; readonly y?: number },
  { horizontal, vertical }: Scales,
  area: Area,
): string {
  const stroke = { stroke: INK, 'stroke-width': 1, 'stroke-dasharray': '4 3' }
  if (x !== undefined) {
    const at = horizontal.at(x)
    const fits = at + 6 + widthOf(name, 11) < area.right
    const anchor = fits ? ('start' as const) : ('end' as const)
    const place = { x: fits ? at + 6 : at - 6, y: area.top + 12 }
    const label = text(name, { ...place, size: 11, anchor, isOnLines: true })
    return lineBetween([at, area.top], [at, area.bottom], stroke) + label
  }
  const at = vertical.at(y ?? 0)
  const label = text(name, {
    x: area.right - 4,
    y: at - 5,
    size: 11,
    anchor: 'end',
    isOnLines: true,
  })
  return lineBetween([area.left, at], [area.right, at], stroke) + label
}
