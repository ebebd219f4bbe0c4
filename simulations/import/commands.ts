import { readArgs, wholeNumber } from '../input/options.ts'
import { printable } from '../input/problems.ts'
import { requirePlace, writeFile } from '../report/place.ts'
import { alignedTable } from '../report/table.ts'
import { fixed } from '../report/text.ts'
import type { Answer } from '../research/commands.ts'
import { type Imported, type ImportOptions, importPrices } from './import-prices.ts'
import { VENUE_STEP_MS } from './thin.ts'
import { microsecondsOf } from './trade-columns.ts'

/** `import-prices FILE --out FILE`. @throws {RangeError} for a wrong command line */
export async function printImport(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const { out, isJson, ...options } = importOptionsOf(args)
  requirePlace(out, 'file')
  const imported = await importPrices(options, signal)
  writeFile(out, imported.text)
  return { output: isJson ? jsonOf(imported, out) : textOf(imported, out), isHeld: true }
}

function importOptionsOf(
  args: readonly string[],
): ImportOptions & { readonly out: string; readonly isJson: boolean } {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      symbol: { type: 'string' },
      exchange: { type: 'string' },
      'step-ms': { type: 'string' },
      clock: { type: 'string', default: 'exchange' },
      from: { type: 'string' },
      to: { type: 'string' },
      venues: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new RangeError('name one file of trades')
  if (values.out === undefined) throw new RangeError('name the file to write with --out')
  const { clock } = values
  if (clock !== 'exchange' && clock !== 'local') {
    throw new RangeError('--clock must be exchange or local')
  }
  const stepMs = wholeNumber('--step-ms', values['step-ms'], { min: 10, max: 3_600_000 }) ?? 500
  if (values.venues && stepMs % VENUE_STEP_MS !== 0) {
    throw new RangeError(`--step-ms must be a multiple of ${VENUE_STEP_MS} with --venues`)
  }
  return {
    file,
    out: values.out,
    symbol: values.symbol ?? null,
    exchanges: values.exchange === undefined ? [] : values.exchange.split(','),
    stepMs,
    clock,
    fromMs: momentMs('--from', values.from) ?? 0,
    toMs: momentMs('--to', values.to) ?? Number.POSITIVE_INFINITY,
    isByVenue: values.venues,
    isJson: values.json,
  }
}

function momentMs(option: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const us = microsecondsOf(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text)
  if (us === null) throw new RangeError(`${option} must be a date, or a time in ISO 8601`)
  return us / 1_000
}

function jsonOf({ recording, exchanges, leftOut }: Imported, out: string): string {
  const { prices, venues: _, ...facts } = recording
  return JSON.stringify({ out, ...facts, steps: prices.length, leftOut, exchanges })
}

function textOf({ recording, exchanges, leftOut }: Imported, out: string): string {
  const { name, source, stepMs, prices } = recording
  const minutes = ((prices.length * stepMs) / 60_000).toFixed(1)
  const head = `${printable(name)}: ${source.trades} trades, ${leftOut} left out`
  const table = alignedTable([
    ['exchange', 'trades', 'median lag', '99th percentile'],
    ...exchanges.map(({ exchange, trades, lagMs }) => [
      printable(exchange),
      String(trades),
      ...[lagMs?.p50Ms, lagMs?.p99Ms].map((ms) => `${fixed(ms ?? null, 1)} ms`),
    ]),
  ])
  return `${head}; ${prices.length} steps of ${stepMs} ms, ${minutes} minutes, in ${out}\n${table}`
}
