import { PassThrough, Readable } from 'node:stream'
import { execute } from '../../node/cli/execute.ts'

/** How a command line ended, and what it said. */
export interface Said {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line of `parallax` within this process, at a terminal where nobody types. */
export async function parallax(...args: readonly string[]): Promise<Said> {
  let [stdout, stderr] = ['', '']
  const exitCode = await execute(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    terminal: { input: Readable.from([]), output: new PassThrough() },
    signal: new AbortController().signal,
  })
  return { exitCode, stdout, stderr }
}
