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

export type Plot = LinePlot | BarPlot | HeatPlot | StripPlot | LanePlot

/** An axis of numbers; its label ends with the unit. */
export interface NumberAxis {
  readonly label: string
  /** Taken from the data when left out; 0 is included then unless `isFree`. */
  readonly range?: readonly [number, number]
  readonly isFree?: boolean
  /** Where marks stand, in place of round numbers; whole numbers within the data. */
  readonly ticks?: readonly number[]
  /** Powers of ten; values at or below its lowest mark are drawn there. */
  readonly isLog?: boolean
  /** Rounds of a run: a page can mark one of them in every figure over rounds. */
  readonly isRounds?: boolean
  /** Room on the left of the axis, so that several figures can be read below each other. */
  readonly leftMin?: number
}

export interface Point {
  readonly x: number
  /** Null breaks the line. */
  readonly y: number | null
  /** Ends of a thin line through the point: where the true value may lie. */
  readonly interval?: readonly [low: number, high: number]
}

export interface Series {
  readonly name: string
  readonly points: readonly Point[]
  /** A line, one with its points, one that changes in steps, or points alone. */
  readonly shape?: 'line' | 'dotted' | 'steps' | 'points'
}

/** A stretch of the horizontal axis that means something. */
export interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** Curves over one axis, over bands between two of them. */
export interface LinePlot {
  readonly type: 'lines'
  readonly x: NumberAxis
  readonly y: NumberAxis
  readonly series: readonly Series[]
  readonly bands?: readonly {
    readonly name: string
    readonly points: readonly {
      readonly x: number
      /** Null breaks the band. */
      readonly low: number | null
      readonly high: number | null
    }[]
  }[]
  /** Stretches that are shaded, all alike, under one name in the legend. */
  readonly shaded?: { readonly name: string; readonly spans: readonly Span[] }
  /** Lines at an x or a y that mean something, with their names. */
  readonly marks?: readonly {
    readonly name: string
    readonly x?: number
    readonly y?: number
  }[]
}

export interface Bar {
  readonly value: number
  /** End of a thin line from the value on: a 99th percentile; or both ends of an interval. */
  readonly whisker?: number | readonly [low: number, high: number]
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

/** Cells by column and row, with their numbers written in them where there is room. */
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
  /** Where colours begin; at the lowest value when left out. */
  readonly from?: number
  /** Where colours are deepest; at the value furthest from their beginning when left out. */
  readonly until?: number
  /** The lowest has the deepest colour. */
  readonly isInverted?: boolean
}

export interface HeatCell {
  readonly value: number
  /** Of two lines where it holds a line break. */
  readonly text: string
}

/** What a stretch of a strip, or a mark of a lane, stands for. */
export interface Category {
  readonly name: string
  readonly colour: string
  /** Told from others in print without colours. */
  readonly isHatched?: boolean
}

/** Rows over one axis, each a strip whose stretches say what was. */
export interface StripPlot {
  readonly type: 'strip'
  readonly x: NumberAxis & { readonly range: readonly [number, number] }
  /** Of the rows; none for a single one that the title names. */
  readonly y: string | null
  readonly categories: readonly Category[]
  readonly rows: readonly StripRow[]
  /** Height of each row in pixels. */
  readonly rowHeight: number
}

export interface StripRow {
  readonly name: string
  readonly cells: readonly StripCell[]
}

export interface StripCell {
  readonly from: number
  readonly to: number
  /** How many of what the cell holds are of each category; their shares fill its height. */
  readonly counts: readonly number[]
  /** More than the counts say, for whoever points at it. */
  readonly text?: string
}

/** Rows over one axis, with marks at the moments at which something happened. */
export interface LanePlot {
  readonly type: 'lanes'
  readonly x: NumberAxis & { readonly range: readonly [number, number] }
  readonly y: string
  readonly categories: readonly (Category & { readonly shape: Shape })[]
  readonly rows: readonly {
    readonly name: string
    readonly marks: readonly LaneMark[]
  }[]
  /** Moments that mean something, with their names. */
  readonly moments: readonly { readonly name: string; readonly x: number }[]
}

export type Shape = 'tick' | 'circle' | 'diamond' | 'triangle' | 'square' | 'cross'

export interface LaneMark {
  readonly x: number
  readonly category: number
  readonly text?: string
}
