import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'

const SCRIPTS = join(import.meta.dirname, '..', '..', 'packaging', 'docker')

let directory: string
let env: NodeJS.ProcessEnv

/** Stands for `parallax`: says that it runs, and ends as its last argument says. */
const PROGRAM = `
const end = process.argv.at(-1)
process.on('SIGTERM', () => process.exit(0))
process.on('SIGHUP', () => console.log('reads again'))
console.log('running ' + process.argv[2])
if (end === 'runs') setInterval(() => {}, 1000)
else process.exit(Number(end))
`

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-entrypoint-'))
  const program = join(directory, 'program.cjs')
  writeFileSync(program, PROGRAM)
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
  env = { ...process.env, PATH: path, TMPDIR: directory, PARALLAX_MAIN: program }
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function enter(...words: readonly string[]): ChildProcess {
  return spawn('sh', [join(SCRIPTS, 'entrypoint.sh'), ...words], { env, stdio: 'pipe' })
}

/** The exit code of a probe; nothing listens on the port that it asks. */
function probe(what: string): number | null {
  const script = join(SCRIPTS, 'health.sh')
  return spawnSync('sh', [script, what], { env: { ...env, PARALLAX_API_PORT: '1' } }).status
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit')
  return child.exitCode
}

/** Waits for what a container says first on one of its outputs. */
async function said(child: ChildProcess, output: 'stdout' | 'stderr'): Promise<string> {
  const stream = child[output]
  if (stream === null) throw new Error('the container has no output')
  const [chunk] = await once(stream, 'data')
  return String(chunk)
}

test('after its key was heard elsewhere a container stays, without a process, until it is stopped', async () => {
  const container = enter('run', '10')
  expect(await said(container, 'stderr')).toContain('exit code 10')
  expect(container.exitCode).toBeNull()
  // Not ready, so that somebody comes; alive, so that nothing starts it again.
  expect([probe('ready'), probe('alive')]).toEqual([1, 0])
  container.kill('SIGTERM')
  expect(await ended(container)).toBe(10)
})

test('an end that a restart may mend is the end of the container', async () => {
  const container = enter('signer', '7')
  expect(await ended(container)).toBe(7)
  expect(probe('alive')).toBe(1)
})

test.each(['run', 'signer', 'gateway'])(
  '%s is told to read its configuration again, and goes on',
  async (command) => {
    const container = enter(command, 'runs')
    expect(await said(container, 'stdout')).toBe(`running ${command}\n`)
    for (let count = 0; count < 2; count++) {
      container.kill('SIGHUP')
      expect(await said(container, 'stdout')).toBe('reads again\n')
    }
    container.kill('SIGTERM')
    expect(await ended(container)).toBe(0)
  },
)

test('a restart by hand is not held back by what was before', async () => {
  writeFileSync(join(directory, 'parallax-held'), '9\n')
  const container = enter('gateway', 'runs')
  expect(await said(container, 'stdout')).toBe('running gateway\n')
  expect(probe('alive')).toBe(1)
  container.kill('SIGTERM')
  expect(await ended(container)).toBe(0)
})

test('every other command just runs, and ends as it ends', async () => {
  const container = enter('doctor', '11')
  if (container.stdout === null) throw new Error('the container has no output')
  expect(await text(container.stdout)).toBe('running doctor\n')
  expect(await ended(container)).toBe(11)
})
