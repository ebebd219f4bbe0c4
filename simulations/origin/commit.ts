import { execFileSync } from 'node:child_process'

/**
 * The commit of the code that runs, marked when that was changed since; `unknown` without git and
 * in an installed package. New files do not count: what a run reads is named or digested, and its
 * own results may stand beside its scenario.
 */
export function commitOf(folder: string = import.meta.dirname): string {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    // Fails where the folder is in no repository, or lies unknown in that of somebody else.
    git('ls-files', '--error-unmatch', '--', '.')
    const changes = ['status', '--porcelain', '--untracked-files=no']
    const isDirty = git(...changes, '--', ':/aggregator', ':/simulations') !== ''
    return git('rev-parse', 'HEAD') + (isDirty ? '-dirty' : '')
  } catch {
    return 'unknown'
  }
}
