import type { HeatCell, HeatPlot } from './figure.ts'
import { type Area, axisTitle } from './frame.ts'
import type { Drawn } from './lines.ts'
import { extentOf } from './scale.ts'
import { element, lineBetween, NOTHING, SHADE, SOFT, text, WIDTH, widthOf, wrapped } from './svg.ts'

/** Rows of cells with numbers, and of those of a large matrix without. */
const CELL_HEIGHT = 34
const CELL_HEIGHT_SMALL = 15
const ROWS_LARGE = 14
const CELL_WIDTH_MAX = 110
const SIZE = 11
const LINE_HEIGHT = 14
/** Ends of the colours: above 0, below 0, and what they fade to. */
const ABOVE = [178, 24, 43] as const
const BELOW = [33, 102, 172] as const
const MIDDLE = [247, 247, 247] as const
/** Of numbers in cells, whose colours are the same on paper and screen. */
const IN_LIGHT = '#111111'
const IN_DARK = '#fdfdfd'

/** Cells with their numbers; where the sign changes from cell to cell, a thick line parts them. */
export function drawHeat(plot: HeatPlot, top: number): Drawn {
  const [lowest, highest] = extentOf(plot.cells.flat().flatMap((cell) => cell?.value ?? []))
  const low = plot.from ?? lowest
  const high = plot.until ?? highest
  const left = Math.max(90, 52 + Math.max(...plot.y.names.map((name) => widthOf(name, SIZE))))
  const width = Math.min(CELL_WIDTH_MAX, (WIDTH - 20 - left) / plot.x.names.length)
  const height = plot.y.names.length > ROWS_LARGE ? CELL_HEIGHT_SMALL : CELL_HEIGHT
  const { isDiverging, isInverted = false } = plot
  const limits = { low, high, isDiverging, isInverted }
  const hasNumbers = plot.cells.flat().every((cell) => {
    const lines = cell?.text.split('\n') ?? []
    return lines.every((line) => widthOf(line, SIZE) < width - 4)
  })
  const first = top + (hasNumbers ? 22 : 34)
  const bottom = first + plot.y.names.length * height
  const area = { left, right: left + plot.x.names.length * width, top: first, bottom }
  const columnNames = plot.x.names.map((name) => wrapped(name, { width: width - 2, size: SIZE }))
  const below = LINE_HEIGHT * (Math.max(...columnNames.map(({ length }) => length)) - 1)
  const cells = plot.cells.flatMap((row, y) =>
    row.map((cell, x) => {
      const box = { x: area.left + x * width, y: area.top + y * height, width, height }
      if (cell === null) return emptyCell(box)
      const tip = `${plot.y.names[y]}, ${plot.x.names[x]}: ${cell.text.replace('\n', ' ')}`
      return cellOf(cell, { ...box, limits, tip, hasNumbers })
    }),
  )
  const size = { area, width, height }
  const parts = [
    hasNumbers
      ? text(`Numbers: ${plot.value}`, { x: 16, y: top + 4, size: SIZE, fill: SOFT })
      : colourBar(plot, limits, top),
    ...cells,
    ...(plot.isDiverging ? bordersOf(plot.cells, size) : []),
    ...namesOf(plot, columnNames, size),
    axisTitle(plot.x.label, area, 40 + below),
    text(plot.y.label, {
      x: 22,
      y: (area.top + bottom) / 2,
      anchor: 'middle',
      turned: true,
    }),
  ]
  return { svg: parts.join('\n'), height: bottom + below + 54 }
}

interface Size {
  readonly area: Area
  readonly width: number
  readonly height: number
}

function namesOf(
  plot: HeatPlot,
  columnNames: readonly (readonly string[])[],
  { area, width, height }: Size,
): readonly string[] {
  const style = { size: SIZE, fill: SOFT }
  const columns = columnNames.flatMap((lines, column) =>
    lines.map((line, at) => {
      const x = area.left + (column + 0.5) * width
      return text(line, { x, y: area.bottom + 18 + at * LINE_HEIGHT, anchor: 'middle', ...style })
    }),
  )
  const rows = plot.y.names.map((name, row) => {
    const y = area.top + (row + 0.5) * height + 4
    return text(name, { x: area.left - 8, y, anchor: 'end', ...style })
  })
  return [...columns, ...rows]
}

const BAR_STEPS = 40
const BAR_WIDTH = 160

/** What the colours mean, where there is no room for numbers. */
function colourBar(plot: HeatPlot, limits: Limits, top: number): string {
  const end = Math.max(Math.abs(limits.low), Math.abs(limits.high))
  const [low, high] = plot.isDiverging ? [-end, end] : [limits.low, limits.high]
  const named = (value: number) => String(Number(value.toPrecision(3)))
  const label = `Colours: ${plot.value}`
  const before = 16 + widthOf(label, SIZE) + 14 + widthOf(named(low), SIZE) + 6
  const steps = Array.from({ length: BAR_STEPS }, (_, step) => {
    const value = low + ((high - low) * step) / (BAR_STEPS - 1)
    const [x, width] = [before + (step * BAR_WIDTH) / BAR_STEPS, BAR_WIDTH / BAR_STEPS + 0.5]
    const fill = colourAt(shareOf(value, limits))
    return element('rect', { x, y: top - 6, width, height: 12, fill })
  })
  const style = { y: top + 4, size: SIZE, fill: SOFT }
  return [
    text(label, { x: 16, ...style }),
    text(named(low), { x: before - 6, anchor: 'end', ...style }),
    ...steps,
    text(named(high), { x: before + BAR_WIDTH + 6, ...style }),
  ].join('')
}

interface Limits {
  readonly low: number
  readonly high: number
  readonly isDiverging: boolean
  readonly isInverted: boolean
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function boxOf({ x, y, width, height }: Box, fill: string, tip?: string): string {
  const size = { width: width - 1, height: height - 1 }
  return element('rect', { x, y, ...size, fill, 'data-tip': tip })
}

/** Nothing to show is told from a small number by a stroke across. */
function emptyCell(box: Box): string {
  const { x, y, width, height } = box
  const ends = [
    [x + 3, y + height - 4],
    [x + width - 4, y + 3],
  ] as const
  return boxOf(box, NOTHING) + lineBetween(ends[0], ends[1], { stroke: SHADE })
}

function cellOf(
  { value, text: label }: HeatCell,
  of: Box & { readonly limits: Limits; readonly tip: string; readonly hasNumbers: boolean },
): string {
  const { x, y, width, height, limits, tip, hasNumbers } = of
  const share = shareOf(value, limits)
  const box = boxOf(of, colourAt(share), tip)
  if (!hasNumbers) return box
  const fill = Math.abs(share) > 0.6 ? IN_DARK : IN_LIGHT
  const lines = label.split('\n')
  const first = y + height / 2 + 4 - ((lines.length - 1) * LINE_HEIGHT) / 2
  const style = { x: x + width / 2, size: SIZE, anchor: 'middle', fill } as const
  const drawn = lines.map((line, at) => text(line, { ...style, y: first + at * LINE_HEIGHT }))
  return [box, ...drawn].join('')
}

/** From −1 to 1 where colours part at 0, else from 0 to 1. */
function shareOf(value: number, { low, high, isDiverging, isInverted }: Limits): number {
  if (isDiverging) {
    const end = Math.max(Math.abs(low), Math.abs(high))
    return end === 0 ? 0 : value / end
  }
  if (high === low) return 0
  return (isInverted ? high - value : value - low) / (high - low)
}

function colourAt(share: number): string {
  const end = share < 0 ? BELOW : ABOVE
  const parts = end.map((part, at) => {
    const from = MIDDLE[at] as number
    return Math.round(from + (part - from) * Math.abs(share))
  })
  return `rgb(${parts.join(',')})`
}

/** Lines between neighbours of which one is above 0 and the other is not; none beside nothing. */
function bordersOf(cells: HeatPlot['cells'], { area, width, height }: Size): readonly string[] {
  const parts = (a: HeatCell | null | undefined, b: HeatCell | null | undefined): boolean =>
    a != null && b != null && a.value > 0 !== b.value > 0
  const stroke = { stroke: IN_LIGHT, 'stroke-width': 2.5, 'stroke-linecap': 'square' }
  return cells.flatMap((row, y) =>
    row.flatMap((cell, x) => {
      const [left, top] = [area.left + x * width, area.top + y * height]
      const [right, bottom] = [left + width, top + height]
      const lines: string[] = []
      if (parts(cell, row[x + 1])) {
        lines.push(lineBetween([right - 0.5, top], [right - 0.5, bottom - 1], stroke))
      }
      if (parts(cell, cells[y + 1]?.[x])) {
        lines.push(lineBetween([left, bottom - 0.5], [right - 1, bottom - 0.5], stroke))
      }
      return lines
    }),
  )
}
