import type { SimulationResult } from '../result.ts'

const COLUMNS = [
  'round',
  'rounds',
  'fast',
  'proposed',
  'lost',
  'firstMsSum',
  'firstMsMax',
  'valueLow',
  'valueHigh',
  'honestLow',
  'honestHigh',
] as const

/** The timeline of a run as comma-separated values (RFC 4180), one line for each point of it. */
export function timelineCsv({ timeline }: SimulationResult): string {
  const lines = timeline.map((bucket) => COLUMNS.map((column) => bucket[column] ?? '').join(','))
  return [COLUMNS.join(','), ...lines, ''].join('\r\n')
}
