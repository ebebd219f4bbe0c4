import type { LaneMark, LanePlot, Shape } from './figure.ts'
import {
  type Area,
  areaData,
  horizontalAxis,
  type LegendEntry,
  leftOfNames,
  legendOf,
  levelsOf,
  rowNames,
} from './frame.ts'
import type { Drawn } from './lines.ts'
import { exactScaleOf, type Scale } from './scale.ts'
import { element, GRID, INK, lineBetween, rounded, text, WIDTH, widthOf } from './svg.ts'

const ROW_HEIGHT = 22
const ROW_HEIGHT_SMALL = 15
const ROWS_LARGE = 16
const NAME_SIZE = 11
const NAME_LINE = 14

/** Rows of marks: what happened when, at whom. */
export function drawLanes(plot: LanePlot, top: number): Drawn {
  const legend = legendOf(entriesOf(plot), top)
  const left = leftOfNames(plot.rows, plot.y)
  const right = WIDTH - 28
  const scale = exactScaleOf(plot.x.range, [left, right], 8)
  const names = placedNames(plot, scale, right)
  const levels = Math.max(0, ...names.map(({ level }) => level + 1))
  const first = legend.bottom + 8 + levels * NAME_LINE
  const rowHeight = plot.rows.length > ROWS_LARGE ? ROW_HEIGHT_SMALL : ROW_HEIGHT
  const bottom = first + plot.rows.length * rowHeight
  const area: Area = { left, right, top: first, bottom }
  const middleOf = (row: number) => first + (row + 0.5) * rowHeight
  const lines = plot.rows.map((_, row) =>
    lineBetween([left, middleOf(row)], [right, middleOf(row)], { stroke: GRID }),
  )
  const size = Math.min(4.5, rowHeight / 3.4)
  const marks = plot.categories.map(({ shape, colour }, category) => {
    const d = plot.rows
      .flatMap(({ marks: own }, row) =>
        own
          .filter((mark) => mark.category === category && isWithin(mark, scale))
          .map(({ x }) => SHAPES[shape](scale.at(x), middleOf(row), size)),
      )
      .join('')
    if (d === '') return ''
    return element('g', { 'data-series': category }, drawnShape(d, shape, colour))
  })
  const parts = [
    legend.svg,
    areaData(scale, plot.x, area),
    element('g', { 'data-lanes': dataOf(plot) }),
    ...lines,
    ...names.map(({ name, at, x, level }) => {
      const line = { stroke: INK, 'stroke-width': 0.8, 'stroke-dasharray': '4 3' }
      const y = first - 5 - level * NAME_LINE
      const stroke = lineBetween([at, y + 3], [at, bottom], line)
      return stroke + text(name, { x, y, size: NAME_SIZE })
    }),
    ...marks,
    rowNames(plot.rows, area),
    text(plot.y, { x: 22, y: (first + bottom) / 2, anchor: 'middle', turned: true }),
    horizontalAxis(scale, plot.x.label, area),
  ]
  return { svg: parts.join('\n'), height: bottom + 54 }
}

function isWithin({ x }: LaneMark, { low, high }: Scale): boolean {
  return x >= low && x <= high
}

function entriesOf({ categories, rows }: LanePlot): readonly LegendEntry[] {
  return categories.flatMap(({ name, colour, shape }, series) => {
    if (!rows.some(({ marks }) => marks.some(({ category }) => category === series))) return []
    const sign = (x: number, y: number) => drawnShape(SHAPES[shape](x, y, 4.5), shape, colour)
    return [{ name, mark: 'points' as const, colour, series, sign }]
  })
}

/** Names of moments, in rows above the lanes where they would meet. */
function placedNames({ moments }: LanePlot, scale: Scale, right: number) {
  const placed = moments
    .filter(({ x }) => x >= scale.low && x <= scale.high)
    .map(({ name, x }) => {
      const at = scale.at(x)
      const width = widthOf(name, NAME_SIZE)
      return { name, at, width, left: Math.min(at, right - width) }
    })
  const levels = levelsOf(placed)
  return placed.map(({ name, at, left }, index) => ({
    name,
    at,
    x: left,
    level: levels[index] ?? 0,
  }))
}

/** Ticks and crosses are lines, the others are filled. */
function drawnShape(d: string, shape: Shape, colour: string): string {
  if (shape === 'tick' || shape === 'cross') {
    return element('path', { d, fill: 'none', stroke: colour, 'stroke-width': 1.4 })
  }
  return element('path', { d, fill: colour })
}

type Draw = (x: number, y: number, size: number) => string

const SHAPES: Readonly<Record<Shape, Draw>> = {
  tick: (x, y, s) => `M${rounded(x)} ${rounded(y - s)}v${rounded(2 * s)}`,
  cross: (x, y, s) => {
    const d = rounded(2 * s)
    return `M${rounded(x - s)} ${rounded(y - s)}l${d} ${d}m0 -${d}l-${d} ${d}`
  },
  circle: (x, y, s) => {
    const [r, d] = [rounded(s), rounded(2 * s)]
    return `M${rounded(x - s)} ${rounded(y)}a${r} ${r} 0 1 0 ${d} 0a${r} ${r} 0 1 0 -${d} 0`
  },
  square: (x, y, s) => {
    const d = rounded(2 * s)
    return `M${rounded(x - s)} ${rounded(y - s)}h${d}v${d}h-${d}z`
  },
  diamond: (x, y, s) => {
    const d = rounded(1.25 * s)
    return `M${rounded(x)} ${rounded(y - 1.25 * s)}l${d} ${d}l-${d} ${d}l-${d} -${d}z`
  },
  triangle: (x, y, s) => {
    const [w, h] = [rounded(2.3 * s), rounded(2 * s)]
    return `M${rounded(x - 1.15 * s)} ${rounded(y + s)}h${w}l-${rounded(1.15 * s)} -${h}z`
  },
}

function dataOf({ categories, rows, y }: LanePlot): string {
  return JSON.stringify({
    of: y,
    categories: categories.map(({ name }) => name),
    rows: rows.map(({ name, marks }) => ({
      name,
      marks: marks.map(({ x, category, text: more }) => [
        Math.round(x * 1_000) / 1_000,
        category,
        more ?? '',
      ]),
    })),
  })
}
