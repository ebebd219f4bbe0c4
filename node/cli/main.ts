#!/usr/bin/env node
import { execute } from './execute.ts'
import { EXIT_INTERRUPTED } from './exit-codes.ts'
import { watchTerminal } from './hang-up.ts'
import { leave } from './leave.ts'

const stopping = new AbortController()
const isTerminalClosed = watchTerminal()

// The first signal asks for an orderly stop; whoever sends a second one will not wait for it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(EXIT_INTERRUPTED)
    stopping.abort()
  })
}

// Not process.exit() at once: what was written to a pipe must still get through it.
process.exitCode = await execute(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  terminal: { input: process.stdin, output: process.stderr },
  signal: stopping.signal,
  onHangUp: (reload) => {
    process.on('SIGHUP', () => {
      if (!isTerminalClosed()) return reload()
      // Nobody reads what is said from now on, and saying it fails.
      for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)
      stopping.abort()
    })
  },
})
leave([process.stdout, process.stderr])
