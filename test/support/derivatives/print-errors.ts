import { ERROR_COLUMNS, errorTable, FULL_GRID, measureErrors } from './errors.ts'

// The table of docs/derivatives.md: node test/support/derivatives/print-errors.ts
const legend = Object.entries(ERROR_COLUMNS).map(([name, unit]) => `${name}: ${unit}`)
process.stdout.write(`${errorTable(measureErrors(FULL_GRID))}\n\n${legend.join('; ')}\n`)
