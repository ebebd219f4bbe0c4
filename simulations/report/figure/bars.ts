import type { Bar, BarPlot } from './figure.ts'
import {
  type Area,
  axisScale,
  axisTitle,
  baseLine,
  type LegendEntry,
  leftOf,
  legendOf,
  verticalAxis,
  whisker,
} from './frame.ts'
import type { Drawn } from './lines.ts'
import type { Scale } from './scale.ts'
import { colourOf, element, INK, SOFT, text, WIDTH, widthOf } from './svg.ts'

const PLOT_HEIGHT = 280
const LABEL_SIZE = 11
/** Share of a group that its bars fill. */
const FILLED = 0.78
const BAR_WIDTH_MAX = 46

/** Bars beside each other in groups, or on each other. */
export function drawBars(plot: BarPlot, top: number): Drawn {
  const legend = legendOf(entriesOf(plot), top)
  const y0 = legend.bottom + 14
  const bottom = y0 + PLOT_HEIGHT
  const values = valuesOf(plot)
  const vertical = axisScale(plot.y, values, { pixels: [bottom, y0], ticksMax: 6 })
  const area: Area = { left: leftOf(vertical), right: WIDTH - 20, top: y0, bottom }
  const slot = (area.right - area.left) / plot.groups.length
  const isTurned = plot.groups.some((group) => widthOf(group, LABEL_SIZE) > slot - 6)
  const labels = plot.groups.map((group, index) =>
    groupLabel(group, { x: area.left + (index + 0.5) * slot, y: bottom + 14, isTurned }),
  )
  const widest = Math.max(...plot.groups.map((group) => widthOf(group, LABEL_SIZE)))
  const below = isTurned ? widest * TURN.sin + 34 : 38
  const draw = plot.isStacked === true ? stackedBar : besideBar
  const bars = plot.series.map(({ name, bars }, series) =>
    element(
      'g',
      { 'data-series': series },
      bars
        .map((bar, group) => {
          if (bar === null) return ''
          const place = { series, group, slot, left: area.left }
          return draw(plot, { bar, place, scale: vertical, name })
        })
        .join(''),
    ),
  )
  const parts = [
    legend.svg,
    verticalAxis(vertical, plot.y.label, area),
    ...bars,
    ...labels,
    axisTitle(plot.x.label, area, below),
    zeroLine(vertical, area),
  ]
  return { svg: parts.join('\n'), height: bottom + below + 14 }
}

function zeroLine(scale: Scale, area: Area): string {
  return baseLine({ ...area, bottom: scale.at(Math.max(scale.low, Math.min(0, scale.high))) })
}

function entriesOf({ series, whiskers }: BarPlot): readonly LegendEntry[] {
  const named = series.map(({ name }, index) => ({
    name,
    mark: 'box' as const,
    colour: colourOf(index),
    series: index,
  }))
  return whiskers === undefined
    ? named
    : [...named, { name: whiskers, mark: 'whisker' as const, colour: INK }]
}

function valuesOf({ series, isStacked, groups }: BarPlot): readonly number[] {
  if (isStacked === true) {
    return groups.map((_, group) =>
      series.reduce((sum, { bars }) => sum + (bars[group]?.value ?? 0), 0),
    )
  }
  return series.flatMap(({ bars }) =>
    bars.flatMap((bar) => (bar === null ? [] : [bar.value, ...whiskerEnds(bar)])),
  )
}

interface Drawing {
  readonly bar: Bar
  readonly place: {
    readonly series: number
    readonly group: number
    readonly slot: number
    readonly left: number
  }
  readonly scale: Scale
  readonly name: string
}

function besideBar(plot: BarPlot, { bar, place, scale, name }: Drawing): string {
  const { series, group, slot, left } = place
  const count = plot.series.length
  const width = Math.min(BAR_WIDTH_MAX, (slot * FILLED) / count)
  const x = left + (group + 0.5) * slot + (series - count / 2) * width
  const tip = tipOf(plot, { name, group, bar })
  const box = rectOf({ x, width: width * 0.92, values: [0, bar.value], scale, series, tip })
  const from = scale.at(bar.value)
  const lines = whiskerEnds(bar).map((end) => whisker(x + width * 0.46, [from, scale.at(end)]))
  return [box, ...lines].join('')
}

function whiskerEnds({ whisker: ends }: Bar): readonly number[] {
  if (ends === undefined) return []
  return typeof ends === 'number' ? [ends] : ends
}

function stackedBar(plot: BarPlot, { bar, place, scale, name }: Drawing): string {
  const { series, group, slot, left } = place
  const from = plot.series
    .slice(0, series)
    .reduce((sum, { bars }) => sum + (bars[group]?.value ?? 0), 0)
  const width = Math.max(0.5, Math.min(BAR_WIDTH_MAX, slot * 0.92))
  const x = left + (group + 0.5) * slot - width / 2
  const values = [from, from + bar.value] as const
  return rectOf({ x, width, values, scale, series, tip: tipOf(plot, { name, group, bar }) })
}

function rectOf(of: {
  readonly x: number
  readonly width: number
  readonly values: readonly [number, number]
  readonly scale: Scale
  readonly series: number
  readonly tip: string
}): string {
  const [a, b] = of.values.map((value) => of.scale.at(value)) as [number, number]
  return element('rect', {
    x: of.x,
    y: Math.min(a, b),
    width: of.width,
    height: Math.abs(a - b),
    fill: colourOf(of.series),
    'data-tip': of.tip,
  })
}

function tipOf(
  plot: BarPlot,
  { name, group, bar }: { readonly name: string; readonly group: number; readonly bar: Bar },
): string {
  const value = (number: number) => String(Number(number.toPrecision(4)))
  const { whisker: end } = bar
  const ends = typeof end === 'number' ? value(end) : end?.map(value).join(' to ')
  const more = ends === undefined ? '' : `, ${plot.whiskers ?? 'up to'} ${ends}`
  return `${plot.groups[group]}, ${name}: ${value(bar.value)}${more}`
}

const TURN = { degrees: -35, sin: 0.58 } as const

function groupLabel(
  name: string,
  { x, y, isTurned }: { readonly x: number; readonly y: number; readonly isTurned: boolean },
): string {
  if (!isTurned) return text(name, { x, y: y + 4, size: LABEL_SIZE, anchor: 'middle', fill: SOFT })
  const label = text(name, { x: x + 4, y, size: LABEL_SIZE, anchor: 'end', fill: SOFT })
  return element('g', { transform: `rotate(${TURN.degrees} ${x + 4} ${y})` }, label)
}
