import { parseArgs } from 'node:util'
import { codeOf, OracleError } from '../../errors.ts'
import type { Incident } from './incidents.ts'
import { incidentsSchema, SCRIPTED_INCIDENTS } from './incidents.ts'
import { startMarketServer } from './server.ts'

/**
 * The market server as a process: prints one line of JSON with its address once it listens, and
 * ends on SIGTERM or SIGINT.
 *
 * `node node/devnet/market/main.ts --port 0 --seed 1 --incidents scripted|none|JSON [--wait]`;
 * with `--wait` the incidents begin when they are asked to.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      incidents: { type: 'string', default: 'scripted' },
      wait: { type: 'boolean', default: false },
    },
  })
  const server = await startMarketServer({
    port: wholeNumber(values.port, { name: 'port', max: 65_535 }),
    seed: wholeNumber(values.seed, { name: 'seed', max: 0xffffffff }),
    incidents: incidentsFrom(values.incidents),
    incidentsBegin: values.wait ? 'when-asked' : 'at-start',
  })
  const { url, startMs } = server
  process.stdout.write(`${JSON.stringify({ type: 'listening', url, startMs })}\n`)
  const stop = () => void server.stop()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function wholeNumber(text: string, range: { readonly name: string; readonly max: number }): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value <= range.max) return value
  throw optionInvalid(`--${range.name} must be a whole number from 0 to ${range.max}`)
}

function incidentsFrom(text: string): readonly Incident[] {
  if (text === 'scripted') return SCRIPTED_INCIDENTS
  if (text === 'none') return []
  try {
    return incidentsSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw optionInvalid('--incidents must be scripted, none, or a JSON list of incidents', cause)
  }
}

function optionInvalid(message: string, cause?: unknown): OracleError {
  return new OracleError('MARKET_OPTION_INVALID', message, { cause })
}

try {
  await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${JSON.stringify({ type: 'failed', code: codeOf(error), message })}\n`)
  process.exitCode = 1
}
