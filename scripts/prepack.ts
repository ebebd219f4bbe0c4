// `npm pack` runs this first: dist/ gets the JavaScript and the declarations of what the package
// offers (docs/adr/0072-package.md). Nothing in this repository runs them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { runScript, scriptCommand } from './command-line.ts'
import { sbomOf } from './sbom.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
/** What programs read from beside their code. */
const READ_AT_RUN_TIME = [
  'node/api/page/*',
  'simulations/report/page/*',
  'simulations/{committees,economics,reference,scenarios,sweeps}/*.yaml',
  'simulations/model/*.qnt',
  'simulations/regressions.json',
]

async function prepack(): Promise<number> {
  rmSync(DIST, { recursive: true, force: true })
  const compiler = spawn(process.execPath, [COMPILER, '-p', 'tsconfig.package.json'], {
    cwd: ROOT,
    // npm shows what a lifecycle script says on stderr; stdout is the name of the archive.
    stdio: ['ignore', 2, 2],
  })
  const [code] = await once(compiler, 'exit')
  if (code !== 0) return 1
  for (const path of globSync(READ_AT_RUN_TIME, { cwd: ROOT })) {
    mkdirSync(dirname(join(DIST, path)), { recursive: true })
    copyFileSync(join(ROOT, path), join(DIST, path))
  }
  // Where sources look for it, two folders above the command line.
  const { name, version, type } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  writeFileSync(join(DIST, 'package.json'), `${JSON.stringify({ name, version, type })}\n`)
  writeFileSync(join(DIST, 'sbom.cdx.json'), sbomOf(ROOT))
  chmodSync(join(DIST, 'node/cli/main.js'), 0o755)
  return 0
}

await runScript({
  call: 'npm run prepack',
  usage: `npm run prepack

Writes to dist/ what \`npm pack\` packs. It runs by itself before that.`,
  commands: { '': scriptCommand({ options: {}, run: prepack }) },
})
