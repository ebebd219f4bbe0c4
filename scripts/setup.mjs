// Brings Node 24 and the locked dependencies when they are missing. Runs under Node 20, so it may
// import nothing but Node's own modules (docs/adr/0005-node-bootstrap.md).
import { spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ended, explain, isSetupError, SetupError, say } from './child.mjs'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const LOCK = join(ROOT, 'package-lock.json')
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json')
const INSTALL_MARK = join(ROOT, '.parallax', 'install.pid')
const PROGRESS_EVERY_MS = 5_000
const MARK_AGE_MS_MAX = 3 * PROGRESS_EVERY_MS
const LAST_WORDS_MAX = 8_192

/** The pinned Node inside node_modules, whatever Node runs this. */
export function nodeBinary() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  return join(ROOT, 'node_modules', 'node', 'bin', file)
}

/** Returns at once when all is there (0.1 s), else installs. Throws a SetupError with a code. */
export async function ensureReady() {
  const reason = whatIsWrong()
  if (reason === null) return
  const started = performance.now()
  say(`Setting up: ${reason}.`)
  say(`Bringing Node ${pinnedNode()} and the locked dependencies; this takes a minute, once.`)
  takeInstallMark()
  try {
    await runNpm(installArguments())
  } finally {
    rmSync(INSTALL_MARK, { force: true })
  }
  const stillWrong = whatIsWrong()
  if (stillWrong !== null) {
    throw new SetupError('SETUP_INSTALL_FAILED', `npm ended without an error, yet ${stillWrong}`)
  }
  say(`Ready after ${Math.round((performance.now() - started) / 1000)} s.\n`)
}

function pinnedNode() {
  return readFileSync(join(ROOT, '.nvmrc'), 'utf8').trim()
}

/** Null when node_modules is complete, what the lock says, and holds the pinned Node. */
function whatIsWrong() {
  if (!existsSync(join(ROOT, 'node_modules'))) return 'the dependencies are not installed yet'
  // npm writes this file last and removes it first, so without it an install was cut short.
  if (!existsSync(INSTALLED)) return 'an earlier installation did not finish'
  const installed = packagesOf(INSTALLED)
  for (const [path, wanted] of neededHere()) {
    const found = installed[path]
    if (found === undefined || !existsSync(join(ROOT, path, 'package.json'))) {
      return `${path} is missing`
    }
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return `${path} is not the one in package-lock.json`
    }
  }
  const answer = spawnSync(nodeBinary(), ['--version'], { encoding: 'utf8' })
  return answer.stdout?.trim() === `v${pinnedNode()}` ? null : `Node ${pinnedNode()} is missing`
}

/** A lock cut off in the middle counts as empty: whatever it lacks is brought again. */
function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? {}
  } catch {
    return {}
  }
}

function neededHere() {
  const libc = process.platform === 'linux' ? libcOfThisLinux() : undefined
  return Object.entries(packagesOf(LOCK)).filter(([path, entry]) => {
    if (path === '') return false
    if (entry.optional !== true) return true
    // Optional packages are native parts, each for one platform; others we cannot judge.
    if (entry.os === undefined || entry.cpu === undefined) return false
    if (!entry.os.includes(process.platform) || !entry.cpu.includes(process.arch)) return false
    return entry.libc === undefined || entry.libc.includes(libc)
  })
}

function libcOfThisLinux() {
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
}

/**
 * npm itself must run under Node 24: under Node 20 it silently leaves out Hardhat's native part.
 * A machine's own npm configuration against scripts or development packages is overruled.
 */
function installArguments() {
  const install = ['ci', '--include=dev', '--include=optional', '--ignore-scripts=false']
  if (Number(process.versions.node.split('.')[0]) >= 24) return install
  const call = `--call=npm ${install.join(' ')}`
  return ['exec', '--yes', '--ignore-scripts=false', `--package=node@${pinnedNode()}`, call]
}

/** Two installations at once would tear each other's files down. */
function takeInstallMark() {
  try {
    accessSync(ROOT, constants.W_OK)
    mkdirSync(dirname(INSTALL_MARK), { recursive: true })
    if (existsSync(INSTALL_MARK)) refuseWhileRunning(Number(readFileSync(INSTALL_MARK, 'utf8')))
    rmSync(INSTALL_MARK, { force: true })
    writeFileSync(INSTALL_MARK, '', { flag: 'wx' })
  } catch (error) {
    throw isSetupError(error) ? error : explain(error.code, error.message)
  }
}

/** The mark names npm's process group and is touched while it works; an old one is a leftover. */
function refuseWhileRunning(group) {
  const ageMs = Date.now() - statSync(INSTALL_MARK).mtimeMs
  if (!(group > 0) || ageMs > MARK_AGE_MS_MAX) return
  try {
    process.kill(process.platform === 'win32' ? group : -group, 0)
  } catch {
    return // whoever left the mark is gone
  }
  throw new SetupError(
    'SETUP_ALREADY_RUNNING',
    `process ${group} is installing in this folder; wait until it is done and start again`,
  )
}

async function runNpm(args) {
  const isWindows = process.platform === 'win32'
  // A group of its own, so that npm's helpers end with it when we are told to stop.
  const child = spawn('npm', [...args, '--no-audit', '--no-fund', '--no-progress'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: isWindows,
    detached: !isWindows,
  })
  if (child.pid !== undefined) writeFileSync(INSTALL_MARK, String(child.pid))
  const words = lastWords(child)
  const started = performance.now()
  const ticker = setInterval(() => {
    writeFileSync(INSTALL_MARK, String(child.pid))
    say(progress(started))
  }, PROGRESS_EVERY_MS)
  // Killed, not asked: npm would first finish, and what it leaves is repaired by the next start.
  const end = await ended(child, () => {
    if (isWindows || child.exitCode !== null) child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  })
    .catch((error) => {
      throw explain(error.code, `npm could not be started: ${error.message}`)
    })
    .finally(() => clearInterval(ticker))
  if (end.interrupted) {
    throw new SetupError('SETUP_INTERRUPTED', 'set-up was stopped; the next start repairs it')
  }
  if (end.code !== 0) {
    const code = /npm (?:error|ERR!) code (\S+)/.exec(words())?.[1] ?? 'UNKNOWN'
    throw explain(code, `npm ended with ${end.code}, its words are above`)
  }
}

/** Shows what npm says and keeps the end of it, where it names its error. */
function lastWords(child) {
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      process.stderr.write(chunk)
      words = (words + chunk).slice(-LAST_WORDS_MAX)
    })
  }
  return () => words
}

function progress(started) {
  const paths = neededHere().map(([path]) => join(ROOT, path, 'package.json'))
  const done = paths.filter((path) => existsSync(path)).length
  const seconds = Math.round((performance.now() - started) / 1000)
  const rest = done < paths.length ? '' : ', npm builds their native parts'
  return `  ${seconds} s: ${done} of ${paths.length} packages${rest}`
}
