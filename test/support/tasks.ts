import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** A script of package.json, and the program that it runs, from the root of the repository. */
export interface Task {
  readonly name: string
  readonly program: string
}

/** What start.mjs can run, read as text: the source has no types, to run under Node 20. */
export function tasks(): readonly Task[] {
  const text = readFileSync(join(ROOT, 'scripts', 'task.mjs'), 'utf8')
  return [...text.matchAll(/^ {2}(\w+): \['([^']+)'/gm)].map((match) => ({
    name: match[1] ?? '',
    program: match[2] ?? '',
  }))
}
