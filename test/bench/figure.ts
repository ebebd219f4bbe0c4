/** One measured number. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The same measured without our own work, in the same run. */
  readonly floor?: number
  /** value / floor: what stays comparable on another machine. */
  readonly ratio?: number
}

/** The figures as a table for people. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, floor, ratio }) => [
    name,
    String(value),
    floor === undefined ? '' : String(floor),
    ratio === undefined ? '' : ratio.toFixed(2),
    unit,
  ])
  const table = [['figure', 'value', 'floor', 'ratio', 'unit'], ...rows]
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  )
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
