/**
 * A figure as data: what it shows and in which units. `drawFigure` makes it a vector image that
 * looks the same on paper, in a page and as PNG.
 */
export interface Figure {
  /** Part of file names: `latency-31`. */
  readonly id: string
  readonly title: string
  /** What a reader must know to read it; stands below it in a page, not in the image. */
  readonly caption: string
  readonly plot: Plot
}

export type Plot = LinePlot | BarPlot | HeatPlot

/** An axis of numbers; its label ends with the unit. */
export interface NumberAxis {
  readonly label: string
  /** Taken from the data when left out; 0 is included then unless `isFree`. */
  readonly range?: readonly [number, number]
  readonly isFree?: boolean
  /** Powers of ten; values at or below its lowest mark are drawn there. */
  readonly isLog?: boolean
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Series {
  readonly name: string
  readonly points: readonly Point[]
  /** A line, a line that changes in steps, or points alone. */
  readonly shape?: 'line' | 'steps' | 'points'
}

/** Curves over one axis, over bands between two of them. */
export interface LinePlot {
  readonly type: 'lines'
  readonly x: NumberAxis
  readonly y: NumberAxis
  readonly series: readonly Series[]
  readonly bands?: readonly {
    readonly name: string
    readonly points: readonly { readonly x: number; readonly low: number; readonly high: number }[]
  }[]
  /** Lines at an x or a y that mean something, with their names. */
  readonly marks?: readonly {
    readonly name: string
    readonly x?: number
    readonly y?: number
  }[]
}

export interface Bar {
  readonly value: number
  /** End of a thin line from the value on: a 99th percentile, or a largest value. */
  readonly whisker?: number
}

/** Bars by group and series, beside or on each other; null is an absent one. */
export interface BarPlot {
  readonly type: 'bars'
  readonly x: { readonly label: string }
  readonly y: NumberAxis
  readonly groups: readonly string[]
  readonly series: readonly {
    readonly name: string
    readonly bars: readonly (Bar | null)[]
  }[]
  readonly isStacked?: boolean
  /** What the whiskers end at; named in the legend. */
  readonly whiskers?: string
}

/** Cells by column and row with their numbers written in them. */
export interface HeatPlot {
  readonly type: 'heat'
  readonly x: { readonly label: string; readonly names: readonly string[] }
  readonly y: { readonly label: string; readonly names: readonly string[] }
  /** By row, then column. */
  readonly cells: readonly (readonly (HeatCell | null)[])[]
  /** What the number is, with its unit. */
  readonly value: string
  /** Colours part at 0: one for above, another for below. */
  readonly isDiverging: boolean
}

export interface HeatCell {
  readonly value: number
  readonly text: string
}
