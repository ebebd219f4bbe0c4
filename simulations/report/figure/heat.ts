import type { HeatCell, HeatPlot } from './figure.ts'
import { type Area, axisTitle } from './frame.ts'
import type { Drawn } from './lines.ts'
import { extentOf } from './scale.ts'
import { element, INK, lineBetween, SOFT, text, WIDTH, widthOf } from './svg.ts'

const CELL_HEIGHT = 34
const CELL_WIDTH_MAX = 110
const SIZE = 11
const LINE_HEIGHT = 14
/** Ends of the colours: above 0, below 0, and what they fade to. */
const ABOVE = [178, 24, 43] as const
const BELOW = [33, 102, 172] as const
const MIDDLE = [247, 247, 247] as const

/** Cells with their numbers; where the sign changes from cell to cell, a thick line parts them. */
export function drawHeat(plot: HeatPlot, top: number): Drawn {
  const [low, high] = extentOf(plot.cells.flat().flatMap((cell) => cell?.value ?? []))
  const left = Math.max(90, 52 + Math.max(...plot.y.names.map((name) => widthOf(name, SIZE))))
  const columns = plot.x.names.length
  const width = Math.min(CELL_WIDTH_MAX, (WIDTH - 20 - left) / columns)
  const bottom = top + 22 + plot.y.names.length * CELL_HEIGHT
  const area: Area = { left, right: left + columns * width, top: top + 22, bottom }
  const limits = { low, high, isDiverging: plot.isDiverging }
  const columnNames = plot.x.names.map((name) => wrapped(name, width - 6))
  const below = LINE_HEIGHT * (Math.max(...columnNames.map(({ length }) => length)) - 1)
  const cells = plot.cells.flatMap((row, y) =>
    row.map((cell, x) => {
      if (cell === null) return ''
      const box = { x: area.left + x * width, y: area.top + y * CELL_HEIGHT, width }
      const tip = `${plot.y.names[y]}, ${plot.x.names[x]}: ${cell.text}`
      return cellOf(cell, { ...box, limits, tip })
    }),
  )
  const parts = [
    text(`Numbers: ${plot.value}`, { x: 16, y: top + 4, size: SIZE, fill: SOFT }),
    ...cells,
    ...(plot.isDiverging ? bordersOf(plot.cells, { area, width }) : []),
    ...columnNames.flatMap((lines, x) =>
      lines.map((line, at) =>
        text(line, {
          x: area.left + (x + 0.5) * width,
          y: bottom + 18 + at * LINE_HEIGHT,
          size: SIZE,
          anchor: 'middle',
          fill: SOFT,
        }),
      ),
    ),
    ...plot.y.names.map((name, y) =>
      text(name, {
        x: area.left - 8,
        y: area.top + (y + 0.5) * CELL_HEIGHT + 4,
        size: SIZE,
        anchor: 'end',
        fill: SOFT,
      }),
    ),
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

/** A name in lines that are no wider than so many pixels, broken between words. */
function wrapped(name: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of name.split(' ')) {
    const joined = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && widthOf(joined, SIZE) <= width) lines[lines.length - 1] = joined
    else lines.push(word)
  }
  return lines
}

interface Limits {
  readonly low: number
  readonly high: number
  readonly isDiverging: boolean
}

function cellOf(
  { value, text: label }: HeatCell,
  of: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly limits: Limits
    readonly tip: string
  },
): string {
  const { x, y, width, limits, tip } = of
  const share = shareOf(value, limits)
  const colour = mixed(share < 0 ? BELOW : ABOVE, Math.abs(share))
  const box = element('rect', {
    x,
    y,
    width: width - 1,
    height: CELL_HEIGHT - 1,
    fill: colour,
    'data-tip': tip,
  })
  const fill = Math.abs(share) > 0.6 ? '#ffffff' : INK
  const middle = { x: x + width / 2, y: y + CELL_HEIGHT / 2 + 4 }
  return box + text(label, { ...middle, size: SIZE, anchor: 'middle', fill })
}

/** From −1 to 1 where colours part at 0, else from 0 to 1. */
function shareOf(value: number, { low, high, isDiverging }: Limits): number {
  if (isDiverging) {
    const end = Math.max(Math.abs(low), Math.abs(high))
    return end === 0 ? 0 : value / end
  }
  return high === low ? 0 : (value - low) / (high - low)
}

function mixed(end: readonly [number, number, number], share: number): string {
  const parts = end.map((part, at) => {
    const from = MIDDLE[at] as number
    return Math.round(from + (part - from) * share)
  })
  return `rgb(${parts.join(',')})`
}

/** Lines between neighbours of which one is above 0 and the other is not. */
function bordersOf(
  cells: HeatPlot['cells'],
  { area, width }: { readonly area: Area; readonly width: number },
): readonly string[] {
  const isAbove = (y: number, x: number) => (cells[y]?.[x]?.value ?? 0) > 0
  const stroke = { stroke: INK, 'stroke-width': 2.5, 'stroke-linecap': 'square' }
  return cells.flatMap((row, y) =>
    row.flatMap((_, x) => {
      const [left, top] = [area.left + x * width, area.top + y * CELL_HEIGHT]
      const [right, bottom] = [left + width, top + CELL_HEIGHT]
      const lines: string[] = []
      if (x + 1 < row.length && isAbove(y, x) !== isAbove(y, x + 1)) {
        lines.push(lineBetween([right - 0.5, top], [right - 0.5, bottom - 1], stroke))
      }
      if (y + 1 < cells.length && isAbove(y, x) !== isAbove(y + 1, x)) {
        lines.push(lineBetween([left, bottom - 0.5], [right - 1, bottom - 0.5], stroke))
      }
      return lines
    }),
  )
}
