import {
  runScript,
  type ScriptCommand,
  scriptCommand,
  stopSignal,
  UsageError,
} from '../../scripts/command-line.ts'
import type { Bench } from './bench.ts'
import { figureTable } from './figure.ts'
import { keygenBench } from './keygen.ts'
import { memoryBench } from './memory.ts'
import { overlayBench } from './overlay.ts'
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
  overlayBench,
  keygenBench,
]

const USAGE = `npm run bench -- NAME [--nodes 4,7] [--rounds 60] [--json]

${BENCHES.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}`

function commandOf(bench: Bench): ScriptCommand {
  return scriptCommand({
    options: {
      nodes: { type: 'text', default: '' },
      rounds: { type: 'number', default: 0, min: 1, max: 100_000_000 },
      json: { type: 'flag' },
    },
    run: async ({ nodes, rounds, json }) => {
      const figures = await bench.run({
        nodes: sizesOf(nodes),
        rounds: rounds === 0 ? null : rounds,
        signal: stopSignal(),
        say: (text) => process.stderr.write(`${text}\n`),
      })
      process.stdout.write(`${json ? JSON.stringify(figures) : figureTable(figures)}\n`)
      return 0
    },
  })
}

function sizesOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(',').map((size) => {
    if (/^[1-9]\d{0,3}$/.test(size)) return Number(size)
    throw new UsageError('--nodes takes sizes of committees, such as 4,7')
  })
}

await runScript({
  call: 'npm run bench',
  usage: USAGE,
  commands: Object.fromEntries(BENCHES.map((bench) => [bench.name, commandOf(bench)])),
})
