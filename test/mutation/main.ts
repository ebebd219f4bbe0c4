// `npm run mutation`: changes the code in one place at a time and asks whether a test notices.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runScript, scriptCommand, UsageError } from '../../scripts/command-line.ts'
import { type Equivalent, isListed, readEquivalents, readReport, type Tally } from './report.ts'
import { TARGETS, type Target } from './targets.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const ROOT = dirname(dirname(HERE))
const TOOLS = join(HERE, 'tools')
const STRYKER = join(TOOLS, 'node_modules/@stryker-mutator/core/bin/stryker.js')
const RUNNER = join(TOOLS, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')
const OUT = join(ROOT, 'build', 'mutation')

function described(targets: readonly Target[]): string {
  return targets
    .map(({ name, mutate, floorPercent }) => {
      return `${name.padEnd(10)}${mutate.join(' ')}, at least ${floorPercent} %`
    })
    .join('\n')
}

const USAGE = `npm run mutation -- [TARGET …] [--concurrency 1] [--json]

Mutates the code of a target, one place at a time, and runs the target's own tests against each
mutant. Without a name all but core, which takes hours. Ends with 1 below the floor of a target;
mutants that test/mutation/equivalents.json lists do not count.

${described(TARGETS)}`

const mutation = scriptCommand({
  options: {
    concurrency: { type: 'number', default: 1, min: 1, max: 64 },
    json: { type: 'flag' },
  },
  names: { max: TARGETS.length },
  run: async ({ concurrency, json }, names) => {
    const targets = targetsOf(names)
    if (!existsSync(STRYKER) && (await run('npm', ['ci'], TOOLS)) !== 0) return 1
    const equivalents = readEquivalents(await readFile(join(HERE, 'equivalents.json'), 'utf8'))
    let isGood = true
    const figures = []
    for (const target of targets) {
      const tally = await mutate(target, concurrency)
      if (tally === null) return 1
      const { isMet, figure } = judge(target, tally, equivalents)
      isGood &&= isMet
      figures.push(figure)
    }
    if (json) process.stdout.write(`${JSON.stringify(figures)}\n`)
    return isGood ? 0 : 1
  },
})

function targetsOf(names: readonly string[]): readonly Target[] {
  const known = TARGETS.map(({ name }) => name)
  const unknown = names.find((name) => !known.some((each) => each === name))
  if (unknown !== undefined) {
    throw new UsageError(`there is no target "${unknown}"; there are ${known.join(', ')}`)
  }
  return TARGETS.filter(({ name }) => (names.length > 0 ? names.includes(name) : name !== 'core'))
}

/** Null when there is no result: the tests fail without a mutant, or it was stopped. */
async function mutate(target: Target, concurrency: number): Promise<Tally | null> {
  const directory = join(OUT, target.name)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const [settings, vitest, report] = [
    join(directory, 'stryker.json'),
    join(directory, 'vitest.config.mjs'),
    join(directory, 'report.json'),
  ]
  const setupFiles = ['test/support/fast-check.ts']
  const test = { include: target.tests, setupFiles, testTimeout: 60_000, retry: 0 }
  await writeFile(vitest, `export default ${JSON.stringify({ test })}\n`)
  const options = {
    testRunner: 'vitest',
    plugins: [RUNNER],
    vitest: { configFile: vitest, related: false },
    mutate: target.mutate,
    concurrency,
    coverageAnalysis: 'perTest',
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    tempDirName: join(directory, 'sandbox'),
    ignorePatterns: ['/build', '/docs', '/contracts/src', '/test/mutation/tools'],
    // Texts are what people read; a tag that does not exist is found by the type check.
    mutator: { excludedMutations: ['StringLiteral'] },
    warnings: { slow: false },
    // It would rewrite this file by an interface that TypeScript 7 does not have.
    tsconfigFile: 'none',
  }
  await writeFile(settings, JSON.stringify(options, null, 2))
  process.stderr.write(`── ${target.name} ──\n`)
  const code = await run(process.execPath, [STRYKER, 'run', settings], ROOT)
  return code === 0 ? readReport(await readFile(report, 'utf8')) : null
}

function judge(target: Target, { mutants, survivors }: Tally, list: readonly Equivalent[]) {
  const unlisted = survivors.filter((each) => !isListed(each, list))
  for (const { file, line, original, replacement } of unlisted) {
    const change = `${original} → ${replacement}`.replace(/\s+/g, ' ').slice(0, 120)
    process.stderr.write(`survived: ${file}:${line}: ${change}\n`)
  }
  const listed = survivors.length - unlisted.length
  const percent = mutants === listed ? 100 : 100 * (1 - unlisted.length / (mutants - listed))
  const isMet = percent >= target.floorPercent
  process.stderr.write(
    `${target.name}: ${mutants} mutants, ${listed} equivalent, ${unlisted.length} survived, ` +
      `${percent.toFixed(1)} % noticed (floor ${target.floorPercent} %)\n`,
  )
  const figure = { name: `mutation.${target.name}.noticed`, value: percent, unit: '%', mutants }
  return { isMet, figure: { ...figure, equivalent: listed, survived: unlisted.length } }
}

async function run(command: string, args: readonly string[], cwd: string): Promise<number> {
  // stdout belongs to the figures.
  const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2] })
  const stop = () => child.kill('SIGTERM')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? 1))
    })
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop)
  }
}

await runScript({ call: 'npm run mutation', usage: USAGE, commands: { '': mutation } })
