import type { NumberAxis } from './figure.ts'
import { exactScaleOf, extentOf, logScaleOf, markedAt, type Scale, scaleOf } from './scale.ts'
import { element, GRID, INK, lineBetween, rounded, SOFT, text, WIDTH, widthOf } from './svg.ts'

/** Where a plot may draw, in pixels. */
export interface Area {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** Something named in a legend. */
export interface LegendEntry {
  readonly name: string
  readonly mark: 'line' | 'points' | 'box' | 'band' | 'whisker'
  readonly colour: string
  readonly dash?: string
  /** Series that a reader can hide; none for what is always there. */
  readonly series?: number
  /** Drawn instead of the usual sign, around a middle. */
  readonly sign?: (x: number, y: number) => string
}

export interface Legend {
  readonly svg: string
  /** Pixels from the top of the figure down to its end. */
  readonly bottom: number
}

const LEFT = 16
const ROW_HEIGHT = 20

/** Names of series in rows that fit, from a height down. */
export function legendOf(entries: readonly LegendEntry[], top: number): Legend {
  let x = LEFT
  let y = top
  const parts = entries.map((entry) => {
    const width = 34 + widthOf(entry.name) + 16
    if (x > LEFT && x + width > WIDTH - LEFT) {
      x = LEFT
      y += ROW_HEIGHT
    }
    const svg = legendEntry(entry, x, y)
    x += width
    return svg
  })
  return { svg: parts.join('\n'), bottom: entries.length === 0 ? top - 8 : y + ROW_HEIGHT - 8 }
}

function legendEntry(entry: LegendEntry, x: number, y: number): string {
  const { name, mark, colour: paint, dash = '', series } = entry
  const middle = y - 4
  const line = { stroke: paint, 'stroke-width': 2, 'stroke-dasharray': dash || undefined }
  const sign = {
    line: () => lineBetween([x, middle], [x + 26, middle], line),
    points: () => element('circle', { cx: x + 13, cy: middle, r: 3.5, fill: paint }),
    box: () => element('rect', { x: x + 7, y: middle - 6, width: 12, height: 12, fill: paint }),
    band: () =>
      element('rect', {
        x: x + 2,
        y: middle - 5,
        width: 22,
        height: 10,
        fill: paint,
        'fill-opacity': 0.22,
      }),
    whisker: () => whisker(x + 13, [middle + 6, middle - 6]),
  }[mark]()
  const drawn = entry.sign?.(x + 13, middle) ?? sign
  const label = text(name, { x: x + 32, y })
  // The gap between sign and name can be clicked too.
  const whole = { x, y: y - 14, width: 34 + widthOf(name), height: ROW_HEIGHT }
  const target = element('rect', { ...whole, fill: 'none', 'pointer-events': 'all' })
  const attributes = series === undefined ? {} : { 'data-legend': series, class: 'legend' }
  return element('g', attributes, target + drawn + label)
}

/** A thin line from one height to another, with a foot at its end. */
export function whisker(
  x: number,
  [from, to]: readonly [number, number],
  colour: string = INK,
): string {
  const stroke = { stroke: colour, 'stroke-width': 1 }
  return lineBetween([x, from], [x, to], stroke) + lineBetween([x - 4, to], [x + 4, to], stroke)
}

/** Smaller values do not widen a logarithmic axis. */
const LOG_LEAST = 1e-4

/** The scale of an axis over values. */
export function axisScale(
  axis: NumberAxis,
  values: readonly number[],
  { pixels, ticksMax }: { readonly pixels: readonly [number, number]; readonly ticksMax: number },
): Scale {
  if (axis.range !== undefined) return exactScaleOf(axis.range, pixels, ticksMax)
  if (axis.isLog === true) {
    const above = values.filter((value) => value >= LOG_LEAST)
    return logScaleOf(extentOf(above), pixels)
  }
  const [low, high] = extentOf(values)
  const ends =
    axis.isFree === true ? ([low, high] as const) : ([Math.min(0, low), Math.max(0, high)] as const)
  const scale = scaleOf(ends, pixels, ticksMax)
  return axis.ticks === undefined ? scale : markedAt(scale, axis.ticks)
}

/** Room that the marks of a vertical axis take on its left. */
export function leftOf(scale: Scale, leftMin = 0): number {
  const widest = Math.max(...scale.ticks.map((tick) => widthOf(scale.label(tick))))
  return Math.max(leftMin, LEFT + 22 + widest)
}

const ROW_NAME_SIZE = 11

type Named = { readonly name: string }

/** Room that names of rows take on their left, beside what they are. */
export function leftOfNames(rows: readonly Named[], label: string | null): number {
  const widest = Math.max(...rows.map(({ name }) => widthOf(name, ROW_NAME_SIZE)))
  return LEFT + (label === null ? 0 : 22) + (widest === 0 ? 0 : widest + 8)
}

/** Names of rows of one height, on the left of an area. */
export function rowNames(rows: readonly Named[], area: Area): string {
  const height = (area.bottom - area.top) / rows.length
  return rows
    .map(({ name }, row) => {
      const place = { x: area.left - 8, y: area.top + (row + 0.5) * height + 4 }
      if (name === '') return ''
      return text(name, { ...place, size: ROW_NAME_SIZE, anchor: 'end', fill: SOFT })
    })
    .join('')
}

/** Horizontal lines, marks and the label of the vertical axis. */
export function verticalAxis(scale: Scale, label: string, area: Area): string {
  const marks = scale.ticks.map((tick) => {
    const y = scale.at(tick)
    const line = lineBetween([area.left, y], [area.right, y], { stroke: GRID })
    const named = text(scale.label(tick), { x: area.left - 8, y: y + 4, anchor: 'end', fill: SOFT })
    return line + named
  })
  const middle = (area.top + area.bottom) / 2
  const title = text(label, { x: LEFT + 6, y: middle, anchor: 'middle', turned: true })
  return [...marks, title].join('\n')
}

/** Marks and the label of a horizontal axis of numbers. */
export function horizontalAxis(scale: Scale, label: string, area: Area): string {
  const marks = scale.ticks.map((tick) => {
    const x = scale.at(tick)
    const line = lineBetween([x, area.bottom], [x, area.bottom + 5], { stroke: INK })
    return line + text(scale.label(tick), { x, y: area.bottom + 20, anchor: 'middle', fill: SOFT })
  })
  return [...marks, axisTitle(label, area), baseLine(area)].join('\n')
}

/**
 * Rows in which labels stand clear of each other, from 0: the first row with room for each, in
 * their order along the axis.
 *
 * @param labels their left ends and widths in pixels
 */
export function levelsOf(
  labels: readonly { readonly left: number; readonly width: number }[],
): readonly number[] {
  const ends: number[] = []
  const levels: number[] = labels.map(() => 0)
  const order = [...labels.keys()].sort((a, b) => (labels[a]?.left ?? 0) - (labels[b]?.left ?? 0))
  for (const index of order) {
    const { left, width } = labels[index] as { left: number; width: number }
    const free = ends.findIndex((end) => end + LABEL_GAP <= left)
    const level = free === -1 ? ends.length : free
    ends[level] = left + width
    levels[index] = level
  }
  return levels
}

const LABEL_GAP = 8

/** For the script of a page: where the plot is, and what its horizontal axis means. */
export function areaData(scale: Scale, axis: NumberAxis, { top, bottom }: Area): string {
  const [left, right] = [scale.at(scale.low), scale.at(scale.high)]
  return element('g', {
    'data-area': [left, right, top, bottom].map(rounded).join(' '),
    'data-x': `${scale.low} ${scale.high}`,
    'data-x-label': axis.label,
    'data-rounds': axis.isRounds === true ? '' : undefined,
  })
}

export function axisTitle(label: string, area: Area, below = 40): string {
  return text(label, {
    x: (area.left + area.right) / 2,
    y: area.bottom + below,
    anchor: 'middle',
  })
}

export function baseLine(area: Area): string {
  return lineBetween([area.left, area.bottom], [area.right, area.bottom], { stroke: INK })
}
