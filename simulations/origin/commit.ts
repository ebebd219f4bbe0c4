import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const GIT_BYTES_MAX = 64 * 1024 * 1024
/** Hexadecimal digits of a mark: that two trees share one by chance is out of the question. */
const MARK_DIGITS = 12

/**
 * Which code runs: the commit; with `-dirty-` and a mark of what was changed when that is not all
 * of it; `package-`, the version and a mark of its files where the simulator is installed; and
 * `unknown` where none of these can be read. New files count when they are code: results may stand
 * beside their scenario.
 */
export function commitOf(folder: string = import.meta.dirname): string {
  try {
    return commitIn(folder) ?? packageOf(folder) ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

/** Whether a commit, as `commitOf` gives it, says which code ran. */
export function isExact(commit: string): boolean {
  return commit !== 'unknown' && !commit.endsWith('-dirty')
}

function commitIn(folder: string): string | null {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: GIT_BYTES_MAX,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  try {
    // Fails where the folder is in no repository, or lies unknown in that of somebody else.
    git('ls-files', '--error-unmatch', '--', '.')
  } catch {
    return null
  }
  const root = git('rev-parse', '--show-toplevel').trim()
  const folders = [':/aggregator', ':/simulations']
  const code = [':(top,glob)aggregator/**/*.ts', ':(top,glob)simulations/**/*.ts']
  const changed = git('diff', '--name-only', '--no-renames', '-z', 'HEAD', '--', ...folders)
  const added = git(
    'ls-files',
    '--others',
    '--exclude-standard',
    '--full-name',
    '-z',
    '--',
    ...code,
  )
  const names = (changed + added).split('\0').filter((name) => name !== '')
  const commit = git('rev-parse', 'HEAD').trim()
  return names.length === 0 ? commit : `${commit}-dirty-${markOf(root, names)}`
}

function packageOf(folder: string): string | null {
  const root = [join(folder, '..', '..', '..'), join(folder, '..', '..')].find((path) =>
    existsSync(join(path, 'package.json')),
  )
  if (root === undefined) return null
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const code = ['aggregator', 'simulations'].map((name) => `{dist/,}${name}/**/*.{js,mjs,ts}`)
  const names = globSync(code, { cwd: root })
  return names.length === 0 ? null : `package-${version}-${markOf(root, names)}`
}

/** The same for the same files, on every machine. */
function markOf(root: string, names: readonly string[]): string {
  const hash = createHash('sha256')
  for (const name of [...names].sort()) {
    const path = join(root, name)
    const content = existsSync(path) ? readFileSync(path) : null
    hash.update(JSON.stringify([name, content?.length ?? null])).update(content ?? '')
  }
  return hash.digest('hex').slice(0, MARK_DIGITS)
}
