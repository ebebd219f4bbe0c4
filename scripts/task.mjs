import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ended, explain, isSetupError, say } from './child.mjs'
import { ensureReady, nodeBinary, ROOT } from './setup.mjs'

const LOOK_EVERY_MS = 1_000

/** What `node start.mjs <task>` runs; further arguments are handed on. */
const TASKS = {
  start: ['node/devnet/main.ts'],
  test: ['scripts/test.ts'],
  parallax: ['node/cli/main.ts'],
  sim: ['simulations/main.ts'],
  abi: ['contracts/abi/export.ts'],
  bench: ['test/bench/main.ts'],
  crash: ['test/crash/main.ts'],
  attack: ['test/attack/main.ts'],
  chaos: ['test/chaos/main.ts'],
  fuzz: ['test/fuzz/main.ts'],
  soak: ['test/soak/main.ts'],
  model: ['test/model/main.ts'],
  mutation: ['test/mutation/main.ts'],
  gas: ['contracts/gas.ts'],
  snapshot: ['contracts/snapshot.ts'],
  smt: ['contracts/smt/main.ts'],
  nightly: ['test/nightly/main.ts'],
  prepack: ['scripts/prepack.ts'],
  packcheck: ['test/pack/main.ts'],
}

/**
 * Runs one task with the pinned Node, after bringing what is missing. Sets the exit code: that of
 * the task, 128 + number for a signal, 130 for a set-up that was stopped, 1 for a coded failure,
 * 2 for a task that does not exist.
 */
export async function main([name, ...args]) {
  const known = Object.keys(TASKS).join(', ')
  if (name === '--help') {
    process.stdout.write(`Usage: node start.mjs TASK [options]\n\nTasks: ${known}\n`)
    return
  }
  const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined
  if (task === undefined) {
    say(`SETUP_TASK_UNKNOWN: no task "${name ?? ''}"; there are ${known}`)
    process.exitCode = 2
    return
  }
  try {
    await ensureReady()
    process.exitCode = await run(task, args)
  } catch (error) {
    if (!isSetupError(error)) throw error
    say(`\n${error.code}: ${error.message}`)
    process.exitCode = error.code === 'SETUP_INTERRUPTED' ? 130 : 1
  }
}

async function run([script, ...first], args) {
  const bin = join(ROOT, 'node_modules', '.bin')
  const child = spawn(nodeBinary(), [join(ROOT, script), ...first, ...args], {
    stdio: 'inherit',
    env: {
      // Types are stripped and code is compiled once, not again by each of the many processes of a
      // local network or a test: a node starts in half the time.
      NODE_COMPILE_CACHE: join(ROOT, 'build', 'compile-cache'),
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    },
  })
  const watching = stopWithNpm(child)
  const { code } = await ended(child, (signal) => {
    // A terminal sends Ctrl-C to every process of its foreground group: the child has it already.
    const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
    if (signal !== 'SIGINT' || !atTerminal) child.kill(signal)
  })
    .catch((error) => {
      throw explain(error.code, error.message)
    })
    .finally(() => clearInterval(watching))
  return code
}

/**
 * Asks the child to stop when npm has gone. Between npm and us is a shell, which ends at a SIGTERM
 * and tells nobody: whatever runs here would go on alone, with nothing left to stop it by.
 */
function stopWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  return setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, LOOK_EVERY_MS)
}
