import { execFileSync } from 'node:child_process'

/** The commit of the code that runs, marked when that was changed since; `unknown` without git. */
export function commitOf(): string {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const isDirty = git('status', '--porcelain', '--', 'aggregator', 'simulations') !== ''
    return git('rev-parse', 'HEAD') + (isDirty ? '-dirty' : '')
  } catch {
    return 'unknown'
  }
}
