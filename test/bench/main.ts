import { parseArgs } from 'node:util'
import { type Figure, figureTable } from './figure.ts'
import { benchRounds } from './round.ts'

const USAGE = `npm run bench -- round [--nodes 4,7] [--rounds 60] [--json]`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '4,7' },
      rounds: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
    },
  })
  if (positionals[0] !== 'round') {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  const figures: readonly Figure[] = await benchRounds({
    nodes: values.nodes.split(',').map(Number),
    rounds: Number(values.rounds),
    signal: controller.signal,
    say: (text) => process.stderr.write(`${text}\n`),
  })
  process.stdout.write(`${values.json ? JSON.stringify(figures) : figureTable(figures)}\n`)
  return 0
}

process.exitCode = await main()
