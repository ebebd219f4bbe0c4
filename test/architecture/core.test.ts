import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesEndingIn, ROOT } from './source-files.ts'

/** What the pure layers must not even be able to name, each as a file of one line. */
const DOORS: Readonly<Record<string, string>> = {
  timer: 'setTimeout(() => {}, 1)',
  microtask: 'queueMicrotask(() => {})',
  file: "import { readFileSync } from 'node:fs'\nreadFileSync('/etc/hostname')",
  console: "console.log('hello')",
  environment: 'export const home = process.env.HOME',
  network: "export const answer = fetch('https://example.org')",
  clock: 'export const now = performance.now()',
  randomness: 'crypto.getRandomValues(new Uint8Array(1))',
  buffer: "export const bytes = Buffer.from('00', 'hex')",
  abort: 'export const abort = new AbortController()',
}

interface Outcome {
  readonly exitCode: number
  readonly output: string
}

function runTool(program: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const script = join(ROOT, 'node_modules', program)
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

// Inside the project, so that Node's types would be found if a layer asked for them; in build/, so
// that no other check sees it.
let folder = ''
beforeAll(() => {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  folder = mkdtempSync(join(ROOT, 'build', 'core-probe-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Type-checks the files under the very options of a layer; gives the names that did not pass. */
async function refusedBy(project: string, files: Readonly<Record<string, string>>) {
  const place = mkdtempSync(join(folder, 'types-'))
  for (const [name, text] of Object.entries(files)) write(join(place, `${name}.ts`), text)
  const settings = {
    extends: relative(place, join(ROOT, project)),
    include: ['*.ts'],
    exclude: [],
  }
  write(join(place, 'tsconfig.json'), JSON.stringify(settings))
  const { output } = await runTool('typescript/bin/tsc', ['-p', place, '--pretty', 'false'], place)
  const unrelated = output.split('\n').filter((line) => line.startsWith('error '))
  expect(unrelated, 'the settings themselves are read').toEqual([])
  return Object.keys(files).filter((name) => output.includes(`${name}.ts(`))
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${text}\n`)
}

/** Lints one file as if it stood at `path` of the project; gives the codes of what was found. */
async function lintAt(path: string, text: string): Promise<readonly string[]> {
  const place = mkdtempSync(join(folder, 'lint-'))
  const settings = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'))
  write(join(place, 'biome.json'), JSON.stringify({ ...settings, root: true, vcs: undefined }))
  write(join(place, path), text)
  const args = ['lint', '--reporter=json', path]
  const { output } = await runTool('@biomejs/biome/bin/biome', args, place)
  const report = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1))
  expect(report.summary, 'the file is looked at').toMatchObject({ unchanged: 1 })
  return report.diagnostics.map((found: { category: string }) => found.category)
}

describe('what the type checker lets the pure layers name (docs/architecture.md)', () => {
  test.each(['aggregator/tsconfig.json', 'simulations/tsconfig.json'])(
    'under %s every door to the world is unknown',
    async (project) => {
      expect(await refusedBy(project, DOORS)).toEqual(Object.keys(DOORS))
    },
  )

  test('under node/tsconfig.json the same files pass: it is the layer that refuses', async () => {
    expect(await refusedBy('node/tsconfig.json', DOORS)).toEqual([])
  })

  test('under aggregator/tsconfig.json plain computing passes', async () => {
    const files = { plain: 'export const sum = (a: bigint, b: bigint): bigint => a + b' }
    expect(await refusedBy('aggregator/tsconfig.json', files)).toEqual([])
  })

  test('the check of the core covers every file of the core', async () => {
    const args = ['-p', join(ROOT, 'aggregator'), '--listFilesOnly']
    const { output } = await runTool('typescript/bin/tsc', args, ROOT)
    const checked = new Set(output.split('\n').map((path) => relative(ROOT, path)))
    const core = filesEndingIn('.ts').filter((path) => path.startsWith('aggregator/'))
    expect(core.length).toBeGreaterThan(20)
    expect(core.filter((path) => !checked.has(path))).toEqual([])
  })
})

describe('what the linter refuses in the pure layers', () => {
  const GLOBALS = 'lint/style/noRestrictedGlobals'
  const IMPORTS = 'lint/style/noRestrictedImports'

  test.each([
    ['aggregator/phases/probe.ts', 'export const now = Date.now()', GLOBALS],
    ['aggregator/phases/probe.ts', 'export const half = Math.floor(0.5)', GLOBALS],
    ['aggregator/phases/probe.ts', 'export const later = Promise.resolve(1)', GLOBALS],
    ['aggregator/phases/probe.ts', "import 'node:fs'", IMPORTS],
    ['aggregator/phases/probe.ts', "import '../../node/errors.ts'", IMPORTS],
    ['simulations/world/probe.ts', 'export const now = Date.now()', GLOBALS],
    ['simulations/checkers/probe.ts', 'export const later = Promise.resolve(1)', GLOBALS],
    [
      'node/probe.ts',
      'export function f(x?: number) {\n  return x!\n}',
      'lint/style/noNonNullAssertion',
    ],
    ['node/probe.ts', 'export const f = async () => 1\nf()', 'lint/nursery/noFloatingPromises'],
    ['node/probe.ts', overlongFunction(), 'lint/complexity/noExcessiveLinesPerFunction'],
  ])('%s: %s', async (path, text, code) => {
    expect(await lintAt(path, text)).toContain(code)
  })

  test.each([
    ['aggregator/phases/probe.ts', 'export const half = (whole: bigint): bigint => whole / 2n'],
    ['simulations/main.ts', 'export const now = Date.now()'],
    ['node/clock.ts', 'export const now = Date.now()'],
  ])('and lets pass in %s: %s', async (path, text) => {
    expect(await lintAt(path, text)).toEqual([])
  })
})

function overlongFunction(): string {
  const lines = Array.from({ length: 61 }, (_, index) => `  sum += ${index}`)
  return `export function f() {\n  let sum = 0\n${lines.join('\n')}\n  return sum\n}`
}
