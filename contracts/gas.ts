import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generatorCommand, runScript } from '../scripts/command-line.ts'
import { measureAdapters } from './gas/adapters.ts'
import { measureDerivativesGas } from './gas/derivatives.ts'
import { measureReads } from './gas/reads.ts'
import { measureUpdates } from './gas/updates.ts'

const FILE = join(import.meta.dirname, 'gas.json')

/** Measures, and writes contracts/gas.json or with `--check` compares; gas is exact. */
async function measure(isCheck: boolean): Promise<number> {
  const measured = {
    ...(await measureUpdates()),
    ...(await measureReads()),
    ...(await measureAdapters()),
    ...(await measureDerivativesGas()),
  }
  const text = `${JSON.stringify(measured, null, 2)}\n`
  const committed = await readFile(FILE, 'utf8').catch(() => '{}')
  if (!isCheck) {
    await writeFile(FILE, text)
    process.stdout.write(text)
    return 0
  }
  if (text === committed) return 0
  const before: Readonly<Record<string, number>> = JSON.parse(committed)
  const changed = Object.entries(measured).filter(([key, gas]) => before[key] !== gas)
  for (const [key, gas] of changed) process.stderr.write(`${key}: ${before[key]} → ${gas}\n`)
  process.stderr.write('contracts/gas.json is not current; run npm run gas and review\n')
  return 1
}

await runScript({
  call: 'npm run gas',
  usage: `npm run gas [-- --check]

Measures what transactions cost and writes contracts/gas.json. With --check it writes nothing and
ends with 1 when the file is not current.`,
  commands: { '': generatorCommand(measure) },
})
