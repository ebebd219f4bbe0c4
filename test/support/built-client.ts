import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
/** Sources of the entries that a frontend imports, and what they lead to. */
const ENTRIES = ['node/client/client.ts', 'contracts/abi/perpetual-mark.ts']

/**
 * Puts what `npm pack` would make of the client into a folder's `node_modules`: the manifest, and
 * JavaScript by the package's own settings, without declarations and without the rest.
 */
export function installClient(folder: string): void {
  const place = join(folder, 'node_modules', 'parallax-oracle')
  mkdirSync(place, { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(place, 'package.json'))
  const settings = {
    // The latter has the types of browsers, and those alone.
    extends: [join(ROOT, 'tsconfig.package.json'), join(ROOT, 'node/client/tsconfig.json')],
    compilerOptions: { noEmit: false, declaration: false, outDir: join(place, 'dist') },
    files: ENTRIES.map((entry) => join(ROOT, entry)),
    include: [],
  }
  const path = join(folder, 'tsconfig.client.json')
  writeFileSync(path, JSON.stringify(settings))
  execFileSync(process.execPath, [COMPILER, '-p', path], { stdio: 'inherit' })
}
