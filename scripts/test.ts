// `npm test`: every stage of the gate.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runScript } from './command-line.ts'
import { runGate } from './gate.ts'
import { STAGES } from './stages.ts'

const USAGE = `npm test [-- STAGE …]
       npm test -- STAGE [what its runner gets]

Runs the stages of the gate, or those that are named: npm test -- types unit. What follows the name
of one and names none is handed to its runner: npm test -- unit median. There are:

  ${STAGES.map(({ name }) => name).join('\n  ')}

Exit codes: 0 all passed, 1 something failed, 2 there is no such stage, 130 interrupted.`

function gate(args: readonly string[]): Promise<number> {
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopped.abort(signal))
  }
  return runGate({
    stages: STAGES,
    args,
    root: dirname(dirname(fileURLToPath(import.meta.url))),
    signal: stopped.signal,
    say: (line) => process.stdout.write(`${line}\n`),
  })
}

await runScript({ call: 'npm test', usage: USAGE, commands: { '': { run: gate } } })
