import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { execute } from '../../node/cli/execute.ts'
import type { ReplayOutcome } from '../../node/replay/journal-replay.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-audit-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function replayOf(config: string): Promise<ReplayOutcome & { readonly exitCode: number }> {
  let stdout = ''
  const exitCode = await execute(['replay', '--config', config, '--json'], {
    stdout: { write: (text) => (stdout += text) },
    stderr: process.stderr,
    terminal: { input: process.stdin, output: process.stderr },
    signal: new AbortController().signal,
  })
  return { exitCode, ...(JSON.parse(stdout) as ReplayOutcome) }
}

/** A local network that stays up; everything it writes goes below a directory of the test. */
async function kept(...args: readonly string[]) {
  const child = spawn(process.execPath, ['start.mjs', 'start', ...args, '--json', '--keep'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: directory },
  })
  const exited = once(child, 'exit')
  let said = ''
  for await (const line of createInterface({ input: child.stderr })) {
    said += `${line}\n`
    if (line.startsWith('kept running')) break
  }
  expect(said).toContain('kept running')
  child.stderr.resume()
  return {
    stop: async () => {
      child.kill('SIGINT')
      await exited
    },
  }
}

/** The last that signs of four. */
const KILLED = 2

test('every node of a running network replays bit for bit, one killed and started again', async () => {
  const network = await kept('--rounds', '40', '--kill', '1')
  try {
    const [files] = readdirSync(directory).filter((name) => name.startsWith('parallax-'))
    for (let node = 0; node < 4; node++) {
      const outcome = await replayOf(join(directory, files ?? '', `node-${node}`, 'config.json'))
      expect(outcome).toMatchObject({ exitCode: 0, difference: null, gaps: [] })
      const [first, second] = outcome.runs
      expect(first?.effects).toBeGreaterThan(50)
      expect(outcome.runs).toHaveLength(node === KILLED ? 2 : 1)
      if (node === KILLED) expect(second?.from).toBeGreaterThan(first?.to ?? 0)
    }
  } finally {
    await network.stop()
  }
})
