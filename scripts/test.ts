// `npm test`: every stage of the gate. `npm test -- types unit` runs these two; what follows the
// name of one stage and names none is handed to its runner: `npm test -- unit median`.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runGate } from './gate.ts'
import { STAGES } from './stages.ts'

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopped.abort(signal))
}
process.exitCode = await runGate({
  stages: STAGES,
  args: process.argv.slice(2),
  root: dirname(dirname(fileURLToPath(import.meta.url))),
  signal: stopped.signal,
  say: (line) => process.stdout.write(`${line}\n`),
})
