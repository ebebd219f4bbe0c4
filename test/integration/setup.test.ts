import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LOCK = JSON.stringify({ packages: { '': {}, 'node_modules/dep': { version: '1.0.0' } } })

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A clone with the real start script, one dependency, and a task that a test writes. */
let clone = ''
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'parallax-setup-'))
  for (const name of ['start.mjs', '.nvmrc']) cpSync(join(ROOT, name), join(clone, name))
  for (const name of readdirSync(join(ROOT, 'scripts')).filter((each) => each.endsWith('.mjs'))) {
    cpSync(join(ROOT, 'scripts', name), join(clone, 'scripts', name))
  }
  write('package-lock.json', LOCK)
  task("process.stdout.write('task ran\\n')")
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true })
  writeFileSync(join(clone, path), text)
}

function task(text: string): void {
  write('scripts/test.ts', text)
}

/** What npm leaves behind, in its order: packages first, its own record last. */
function installed(): void {
  write('node_modules/dep/package.json', '{}')
  mkdirSync(join(clone, 'node_modules/node/bin'), { recursive: true })
  symlinkSync(process.execPath, join(clone, 'node_modules/node/bin/node'))
  write('node_modules/.package-lock.json', LOCK)
}

/** As when the folder was copied from a machine of another kind. */
function spoilNode(): void {
  rmSync(join(clone, 'node_modules/node/bin/node'))
  write('node_modules/node/bin/node', 'no program')
}

/** Puts a program called npm first in the path; it stands for the real one and its registry. */
function npmThat(script: string): void {
  write('fake-bin/npm', `#!/bin/sh\n${script}\n`)
  chmodSync(join(clone, 'fake-bin/npm'), 0o755)
}

const INSTALLS = `mkdir -p node_modules/dep node_modules/node/bin
echo '{}' > node_modules/dep/package.json
ln -sf '${process.execPath}' node_modules/node/bin/node
cp package-lock.json node_modules/.package-lock.json`

function start(...args: readonly string[]): ChildProcess {
  const PATH = `${join(clone, 'fake-bin')}:${dirname(process.execPath)}:/usr/bin:/bin`
  return spawn(process.execPath, [join(clone, 'start.mjs'), ...args], {
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

describe('a task, with everything installed', () => {
  beforeEach(installed)

  test('runs without a word of set-up and without npm', async () => {
    npmThat('exit 99')
    expect(await ended(start('test'))).toEqual({ code: 0, stdout: 'task ran\n', stderr: '' })
  })

  test('gets its arguments, and its exit code passes through', async () => {
    task('process.stdout.write(process.argv.slice(2).join()); process.exitCode = 7')
    const end = await ended(start('test', '--rounds', '40', 'a b'))
    expect(end).toMatchObject({ code: 7, stdout: '--rounds,40,a b' })
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('stops in its own way on %s', async (signal) => {
    task(`process.on('${signal}', () => process.exit(42)); setInterval(() => {}, 1e6)
      process.stdout.write('up')`)
    const child = start('test')
    child.stdout?.once('data', () => child.kill(signal))
    expect(await ended(child)).toMatchObject({ code: 42, stdout: 'up' })
  })

  test('stops when npm is gone, although nobody told it', async () => {
    task(`process.on('SIGTERM', () => process.exit(42)); setInterval(() => {}, 1e6)
      process.stdout.write('up')`)
    // Not the last command of the shell, which would take its place.
    const command = `'${process.execPath}' '${join(clone, 'start.mjs')}' test; true`
    const shell = spawn('/bin/sh', ['-c', command], {
      env: { ...process.env, npm_lifecycle_event: 'test' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    shell.stdout.once('data', () => shell.kill('SIGTERM'))
    // The pipes close when the last process that holds them has ended.
    expect(await ended(shell)).toMatchObject({ stdout: 'up' })
  })

  test('that a signal ended gives 128 and its number', async () => {
    task("process.kill(process.pid, 'SIGKILL')")
    expect((await ended(start('test'))).code).toBe(137)
  })

  test('that does not exist is refused with those that do', async () => {
    const end = await ended(start('tset'))
    expect(end).toMatchObject({ code: 2, stdout: '' })
    expect(end.stderr).toMatch(/^SETUP_TASK_UNKNOWN: no task "tset"; there are start, .*test/)
  })
})

describe('set-up', () => {
  test('under a Node that is too old says so, and does nothing', async () => {
    const old = "Object.defineProperty(process, 'versions', { value: { node: '18.20.1' } })"
    const program = join(clone, 'start.mjs')
    const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, program, 'test']
    const end = await ended(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
    expect(end).toMatchObject({ code: 1, stdout: '' })
    expect(end.stderr).toMatch(/^SETUP_NODE_TOO_OLD: Node 20 or newer is needed/)
    expect(existsSync(join(clone, 'node_modules'))).toBe(false)
  })

  test('installs on an empty clone, then runs the task; npm talks on stderr only', async () => {
    npmThat(`echo 'added 1 package'\n${INSTALLS}`)
    const end = await ended(start('test'))
    expect(end).toMatchObject({ code: 0, stdout: 'task ran\n' })
    expect(end.stderr).toContain('not installed yet')
    expect(end.stderr).toContain('added 1 package')
    expect(existsSync(join(clone, '.parallax/install.pid'))).toBe(false)
  })

  test.each<readonly [string, () => void]>([
    ['an install that was cut short', () => rmSync(join(clone, 'node_modules/.package-lock.json'))],
    ['a record cut short', () => write('node_modules/.package-lock.json', LOCK.slice(0, 30))],
    ['a package that is gone', () => rmSync(join(clone, 'node_modules/dep'), { recursive: true })],
    ['another version in the lock', () => write('package-lock.json', LOCK.replace('1.0', '1.1'))],
    ['a Node that is gone', () => rmSync(join(clone, 'node_modules/node/bin/node'))],
    ['a Node that does not run', () => spoilNode()],
  ])('repairs %s', async (_, spoil) => {
    installed()
    spoil()
    npmThat(INSTALLS)
    const end = await ended(start('test'))
    expect(end).toMatchObject({ code: 0, stdout: 'task ran\n' })
    expect(end.stderr).toContain('Setting up')
  })

  test.each([
    ['ENOTFOUND', 'SETUP_NO_NETWORK'],
    ['ECONNREFUSED', 'SETUP_NO_NETWORK'],
    ['ETIMEDOUT', 'SETUP_NO_NETWORK'],
    ['EACCES', 'SETUP_FOLDER_READ_ONLY'],
    ['ENOSPC', 'SETUP_DISK_FULL'],
    ['EUSAGE', 'SETUP_LOCK_OUT_OF_DATE'],
    ['EWHATEVER', 'SETUP_INSTALL_FAILED'],
  ])('when npm fails with %s, then it says %s and runs nothing', async (npmCode, code) => {
    npmThat(`echo 'npm error code ${npmCode}' >&2; exit 1`)
    const end = await ended(start('test'))
    expect(end).toMatchObject({ code: 1, stdout: '' })
    expect(end.stderr).toContain(`\n${code}: `)
  })

  test('does not believe an npm that claims success', async () => {
    npmThat('exit 0')
    const end = await ended(start('test'))
    expect(end.code).toBe(1)
    expect(end.stderr).toContain('SETUP_INSTALL_FAILED: npm ended without an error, yet')
  })

  test('stopped in the middle ends npm too, and the next start repairs', async () => {
    npmThat("mkdir -p node_modules; echo $$ > npm.pid; echo 'here' ; sleep 600")
    const child = start('test')
    child.stderr?.on('data', (chunk) => {
      if (String(chunk).includes('here')) child.kill('SIGINT')
    })
    const end = await ended(child)
    expect(end.code).toBe(130)
    expect(end.stderr).toContain('SETUP_INTERRUPTED')
    const npmPid = Number(readFileSync(join(clone, 'npm.pid'), 'utf8'))
    await expect.poll(() => isRunning(npmPid)).toBe(false)

    npmThat(INSTALLS)
    expect(await ended(start('test'))).toMatchObject({ code: 0, stdout: 'task ran\n' })
  })

  test('refuses to run twice at once in one folder', async () => {
    npmThat("echo 'here'; sleep 600")
    const first = start('test')
    const firstEnd = ended(first)
    await new Promise<void>((resolve) => {
      first.stderr?.on('data', (chunk) => {
        if (String(chunk).includes('here')) resolve()
      })
    })
    const second = await ended(start('test'))
    first.kill('SIGTERM')
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('SETUP_ALREADY_RUNNING')
    expect((await firstEnd).code).toBe(130)
  })
})

/** A zombie that nobody has waited for yet does not run. */
function isRunning(pid: number): boolean {
  const stat = join('/proc', String(pid), 'stat')
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'))
}
