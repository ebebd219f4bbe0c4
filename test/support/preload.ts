import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FLAGS = ['-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-shared']

/** A library that stands before calls of the C library, and the folder that it was built in. */
export interface Preload {
  readonly library: string
  readonly folder: string
}

/**
 * Builds a library to preload with the C compiler of this machine; null where there is none for it.
 *
 * @throws what the compiler says against the sources
 */
export function buildPreload(name: string, sources: readonly string[]): Preload | null {
  const folder = mkdtempSync(join(tmpdir(), `parallax-${name}-`))
  const library = join(folder, `${name}.so`)
  const args = [...FLAGS, '-o', library, ...sources, '-ldl', '-lpthread']
  const built = spawnSync('cc', args, { encoding: 'utf8' })
  if (built.error !== undefined || process.platform !== 'linux') return null
  if (built.status !== 0) throw new Error(built.stderr)
  return { library, folder }
}
