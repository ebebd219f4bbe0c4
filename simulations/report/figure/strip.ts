import type { Category, StripCell, StripPlot, StripRow } from './figure.ts'
import {
  type Area,
  areaData,
  horizontalAxis,
  type LegendEntry,
  leftOfNames,
  legendOf,
  rowNames,
} from './frame.ts'
import type { Drawn } from './lines.ts'
import { exactScaleOf, type Scale } from './scale.ts'
import { element, NOTHING, rounded, text, WIDTH } from './svg.ts'

const GAP = 2
/** Stretches are never drawn thinner: one lost round of a million is seen. */
const WIDTH_MIN = 1
const HATCH = '#111111'

/** Rows of stretches. Each category is one path, so that even large strips stay small. */
export function drawStrip(
  plot: StripPlot,
  of: { readonly top: number; readonly id: string },
): Drawn {
  const { top, id } = of
  const legend = legendOf(entriesOf(plot, id), top)
  const left = Math.max(plot.x.leftMin ?? 0, leftOfNames(plot.rows, plot.y))
  const first = legend.bottom + 12
  const bottom = first + plot.rows.length * plot.rowHeight
  const area: Area = { left, right: WIDTH - 28, top: first, bottom }
  const scale = exactScaleOf(plot.x.range, [area.left, area.right], 8)
  const background = element('rect', {
    x: area.left,
    y: area.top,
    width: area.right - area.left,
    height: bottom - area.top,
    fill: NOTHING,
  })
  const rows = plot.rows.map((row, index) => ({
    row,
    y: area.top + index * plot.rowHeight + GAP / 2,
    height: plot.rowHeight - GAP,
  }))
  const drawn = plot.categories.map((category, index) => {
    const d = rows.map((each) => pathOf({ ...each, category: index }, scale)).join('')
    if (d === '') return ''
    return element('g', { 'data-series': index }, filled(d, category, id))
  })
  const parts = [
    hatchOf(id),
    legend.svg,
    areaData(scale, plot.x, area),
    element('g', { 'data-rows': dataOf(plot) }),
    background,
    ...drawn,
    rowNames(plot.rows, area),
    plot.y === null
      ? ''
      : text(plot.y, { x: 22, y: (area.top + bottom) / 2, anchor: 'middle', turned: true }),
    horizontalAxis(scale, plot.x.label, area),
  ]
  return { svg: parts.join('\n'), height: bottom + 54 }
}

function entriesOf({ categories, rows }: StripPlot, id: string): readonly LegendEntry[] {
  const isThere = (index: number) =>
    rows.some(({ cells }) => cells.some(({ counts }) => (counts[index] ?? 0) > 0))
  return categories.flatMap((category, series) => {
    if (!isThere(series)) return []
    const { name, colour } = category
    const sign = (x: number, y: number) =>
      filled(`M${rounded(x - 8)} ${rounded(y - 6)}h16v12h-16z`, category, id)
    return [{ name, mark: 'box' as const, colour, series, sign }]
  })
}

function filled(d: string, { colour, isHatched }: Category, id: string): string {
  const plain = element('path', { d, fill: colour })
  return isHatched === true ? plain + element('path', { d, fill: `url(#hatch-${id})` }) : plain
}

function hatchOf(id: string): string {
  const line = element('path', { d: 'M0 5L5 0', stroke: HATCH, 'stroke-width': 0.9 })
  const size = { width: 5, height: 5, patternUnits: 'userSpaceOnUse' }
  return element('defs', {}, element('pattern', { id: `hatch-${id}`, ...size }, line))
}

function pathOf(
  of: {
    readonly row: StripRow
    readonly y: number
    readonly height: number
    readonly category: number
  },
  scale: Scale,
): string {
  const { row, y, height, category } = of
  return joined(row.cells, category)
    .map(({ from, to, low, high }) => {
      const x = scale.at(from)
      const width = Math.max(WIDTH_MIN, scale.at(to) - x)
      // Shares stack from below, in the order of the categories.
      const [top, tall] = [y + height * (1 - high), height * (high - low)]
      const w = rounded(width)
      return `M${rounded(x)} ${rounded(top)}h${w}v${rounded(tall)}h-${w}z`
    })
    .join('')
}

interface Stretch {
  readonly from: number
  to: number
  readonly low: number
  readonly high: number
}

/** Where a category is, neighbours that are alike as one. */
function joined(cells: readonly StripCell[], category: number): readonly Stretch[] {
  const stretches: Stretch[] = []
  for (const { from, to, counts } of cells) {
    const count = counts[category] ?? 0
    if (count === 0) continue
    const whole = counts.reduce((sum, each) => sum + each, 0)
    const below = counts.slice(0, category).reduce((sum, each) => sum + each, 0)
    const [low, high] = [below / whole, (below + count) / whole]
    const last = stretches.at(-1)
    if (last !== undefined && last.to === from && last.low === low && last.high === high) {
      last.to = to
    } else {
      stretches.push({ from, to, low, high })
    }
  }
  return stretches
}

/** For whoever points at a strip: cells of one category alone are joined. */
function dataOf({ categories, rows, y }: StripPlot): string {
  return JSON.stringify({
    of: y ?? '',
    categories: categories.map(({ name }) => name),
    rows: rows.map(({ name, cells }) => ({ name, cells: told(cells) })),
  })
}

type Told = [from: number, to: number, counts: readonly number[] | number, text?: string]

function told(cells: readonly StripCell[]): readonly Told[] {
  const all: Told[] = []
  for (const { from, to, counts, text: more } of cells) {
    const [only, ...others] = counts.flatMap((count, index) => (count > 0 ? [index] : []))
    const what = only !== undefined && others.length === 0 ? only : counts
    const last = all.at(-1)
    const isSame = last !== undefined && last[1] === from && last[2] === what
    if (isSame && last[3] === more) last[1] = to
    else all.push(more === undefined ? [from, to, what] : [from, to, what, more])
  }
  return all
}
