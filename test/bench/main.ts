import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'
import { figureTable } from './figure.ts'
import { memoryBench } from './memory.ts'
import { roundBench } from './round.ts'
import { signingBench } from './signing.ts'
import { simulatorBench } from './simulator.ts'
import { sweepBench } from './sweep.ts'

/** Every bench there is; a new one is a line here. */
const BENCHES: readonly Bench[] = [
  roundBench,
  signingBench,
  simulatorBench,
  sweepBench,
  memoryBench,
]

const USAGE = `npm run bench -- <name> [--nodes 4,7] [--rounds 60] [--json]

${BENCHES.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const bench = BENCHES.find(({ name }) => name === positionals[0])
  const nodes = (values.nodes ?? '').split(',').filter((text) => text !== '')
  const rounds = values.rounds === undefined ? null : Number(values.rounds)
  const numbers = [...nodes.map(Number), rounds ?? 1]
  const isSound = positionals.length === 1 && numbers.every((each) => Number.isInteger(each))
  if (bench === undefined || !isSound) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  const figures = await bench.run({
    nodes: nodes.map(Number),
    rounds,
    signal: controller.signal,
    say: (text) => process.stderr.write(`${text}\n`),
  })
  process.stdout.write(`${values.json ? JSON.stringify(figures) : figureTable(figures)}\n`)
  return 0
}

process.exitCode = await main()
