import type { SimulationResult } from '../result.ts'
import { columnsOf, type DataTable } from './data-table.ts'

const COUNTS = ['round', 'rounds', 'fast', 'proposed', 'lost'] as const
const FIGURES = [
  'firstMsSum',
  'firstMsMax',
  'valueLow',
  'valueHigh',
  'honestLow',
  'honestHigh',
] as const

/** The timeline of a run, one row for each point of it. */
export function timelineTable({ timeline }: Pick<SimulationResult, 'timeline'>): DataTable {
  const names = [...COUNTS, ...FIGURES]
  return {
    columns: [...columnsOf('integer', COUNTS), ...columnsOf('number', FIGURES)],
    rows: timeline.map((bucket) => names.map((name) => bucket[name])),
  }
}
