import { readFileSync, writeFileSync } from 'node:fs'
import { generatorCommand, runScript } from '../../../scripts/command-line.ts'
import { vectorText } from './vectors.ts'

const FILE = new URL('../../vectors/derivatives.json', import.meta.url)

function generate(isCheck: boolean): number {
  if (!isCheck) {
    writeFileSync(FILE, vectorText())
    return 0
  }
  if (readFileSync(FILE, 'utf8') === vectorText()) return 0
  process.stderr.write('test/vectors/derivatives.json is stale: run generate.ts\n')
  return 1
}

await runScript({
  call: 'node test/support/derivatives/generate.ts',
  usage: `node test/support/derivatives/generate.ts [--check]

Writes test/vectors/derivatives.json. With --check it writes nothing and ends with 1 when the file
is not current.`,
  commands: { '': generatorCommand(generate) },
})
