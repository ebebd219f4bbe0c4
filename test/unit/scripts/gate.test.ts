import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Counts } from '../../../scripts/counts.ts'
import { runGate } from '../../../scripts/gate.ts'
import type { Stage } from '../../../scripts/stages.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parallax-gate-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** A stage of one program; with counts it is a runner of tests, without it a check. */
function stage(name: string, options: StageOptions = {}): Stage {
  const { code = '', counts, timeoutMs = 60_000, lane = 'front' } = options
  const report = counts === undefined ? '' : countsCode(counts)
  writeFileSync(join(root, `${name}.mjs`), `import fs from 'node:fs'\n${report}\n${code}\n`)
  const step = { program: `${name}.mjs`, args: [], counts: counts !== undefined }
  return { name, lane, timeoutMs, steps: [step] }
}

interface StageOptions {
  readonly code?: string
  readonly counts?: Partial<Counts> | 'dies before it counts'
  readonly timeoutMs?: number
  readonly lane?: Stage['lane']
}

function countsCode(counts: Partial<Counts> | 'dies before it counts'): string {
  if (counts === 'dies before it counts') return 'process.exit(1)'
  const json = JSON.stringify({ passed: 0, failed: 0, failures: [], skipped: [], ...counts })
  return `fs.writeFileSync(process.env.PARALLAX_TEST_COUNTS, ${JSON.stringify(json)})`
}

async function gate(stages: readonly Stage[], args: readonly string[] = []) {
  const said: string[] = []
  const stopped = new AbortController()
  const exitCode = await runGate({
    stages,
    args,
    root,
    signal: stopped.signal,
    say: (line) => said.push(line),
  })
  return { exitCode, said, last: said.at(-1) }
}

const FAILS = 'process.exitCode = 1'
const HANGS = 'setInterval(() => {}, 1e6)'

describe('the gate', () => {
  test('given stages that pass, then it sums their tests and exits 0', async () => {
    const stages = [
      stage('lint'),
      stage('unit', { counts: { passed: 3 } }),
      stage('e2e', { counts: { passed: 4 } }),
    ]
    expect(await gate(stages)).toMatchObject({ exitCode: 0, last: '7 passed, 0 failed' })
  })

  test('given a failing stage, then the later ones do not run', async () => {
    const stages = [
      stage('unit', { counts: { passed: 3, failed: 2 }, code: FAILS }),
      stage('e2e', { counts: { passed: 4 }, code: "fs.writeFileSync('e2e-ran', '')" }),
    ]
    const { exitCode, said, last } = await gate(stages)
    expect({ exitCode, last }).toEqual({ exitCode: 1, last: '3 passed, 2 failed' })
    expect(existsSync(join(root, 'e2e-ran'))).toBe(false)
    expect(said.join('\n')).toMatch(/^e2e +not run/m)
  })

  test('given a failing check, then the sum holds a failure', async () => {
    const stages = [stage('lint', { code: FAILS }), stage('unit', { counts: { passed: 3 } })]
    expect(await gate(stages)).toMatchObject({ exitCode: 1, last: '0 passed, 1 failed' })
  })

  test('given a runner that dies, or exits 1 without a failed test, then it failed', async () => {
    const dies = stage('unit', { counts: 'dies before it counts' })
    expect(await gate([dies])).toMatchObject({ exitCode: 1, last: '0 passed, 1 failed' })
    const leaks = stage('unit', { counts: { passed: 3 }, code: FAILS })
    expect(await gate([leaks])).toMatchObject({ exitCode: 1, last: '3 passed, 1 failed' })
  })

  test('given that no test ran, then it fails although nothing else did', async () => {
    const stages = [stage('lint'), stage('unit', { counts: {} })]
    expect(await gate(stages)).toMatchObject({ exitCode: 1, last: '0 passed, 0 failed' })
  })

  test('given skipped tests, then each is named with its reason and counted', async () => {
    const skipped = [{ name: 'a > b', reason: 'no captures here' }]
    const { exitCode, said, last } = await gate([stage('unit', { counts: { passed: 1, skipped } })])
    expect({ exitCode, last }).toEqual({ exitCode: 0, last: '1 passed, 0 failed, 1 skipped' })
    expect(said).toContain('skipped: a > b: no captures here')
  })

  test('given failed tests, then each is named with its reason at the end', async () => {
    const failures = [{ name: 'a > b', reason: 'expected 1 to be 2' }]
    const { said, last } = await gate([
      stage('unit', { counts: { passed: 1, failed: 1, failures }, code: FAILS }),
    ])
    expect(said.at(-2)).toBe('failed: a > b: expected 1 to be 2')
    expect(last).toBe('1 passed, 1 failed')
  })

  test('given the name of a stage, then it alone runs, and a check needs no tests', async () => {
    const stages = [stage('lint'), stage('unit', { counts: {}, code: FAILS })]
    const { exitCode, said } = await gate(stages, ['lint'])
    expect(exitCode).toBe(0)
    expect(said.join('\n')).not.toContain('unit')
    expect(said.join('\n')).not.toContain('passed,')
  })

  test('given a name and more, then the rest is handed to the runner', async () => {
    const code = "fs.writeFileSync('args', process.argv.slice(2).join(' '))"
    await gate([stage('unit', { counts: { passed: 1 }, code })], ['unit', 'median', '-t', 'even'])
    expect(readFileSync(join(root, 'args'), 'utf8')).toBe('median -t even')
  })

  test('given an unknown name, then it says which there are', async () => {
    const stages = [stage('lint'), stage('unit')]
    await expect(gate(stages, ['units'])).rejects.toMatchObject({
      code: 'USAGE_INVALID',
      message: 'there is no stage "units"; there are lint, unit',
    })
    // A check has no runner that could take it.
    await expect(gate(stages, ['lint', 'units'])).rejects.toMatchObject({ code: 'USAGE_INVALID' })
  })

  test('given the names of stages, then these run in the order of the gate', async () => {
    const stages = ['lint', 'unit', 'e2e'].map((name) => stage(name, { counts: { passed: 1 } }))
    const { said, last } = await gate(stages, ['e2e', 'lint'])
    expect(last).toBe('2 passed, 0 failed')
    const text = said.join('\n')
    expect(text).toMatch(/^lint .*passed[\s\S]*^e2e .*passed/m)
    expect(text).not.toMatch(/^unit /m)
  })

  test('given a stage beyond its time, then it is ended and has failed', async () => {
    const { exitCode, said, last } = await gate([stage('lint', { code: HANGS, timeoutMs: 60 })])
    expect({ exitCode, last }).toEqual({ exitCode: 1, last: '0 passed, 1 failed' })
    expect(said.join('\n')).toContain('took longer than 0.001 min')
  })

  test('given a stage that is ended, then its children end with it', async () => {
    const starts = `const child = (await import('node:child_process')).spawn('sleep', ['600'])
      fs.writeFileSync('pid', String(child.pid))
      fs.renameSync('pid', 'child.pid')
      ${HANGS}`
    const waits = "while (!fs.existsSync('child.pid')) await new Promise(setImmediate)"
    const { said } = await gate([
      stage('e2e', { counts: { passed: 1 }, code: starts }),
      stage('property', { lane: 'beside', counts: { passed: 1 }, code: `${waits}; ${FAILS}` }),
    ])
    expect(said.join('\n')).toMatch(/^e2e +stopped/m)
    const childPid = Number(readFileSync(join(root, 'child.pid'), 'utf8'))
    await expect.poll(() => isRunning(childPid)).toBe(false)
  })

  test('given two lanes, then both run at once, and each in its order', async () => {
    // Each first stage ends when the other has begun: one after the other, neither would.
    const meet = (own: string, other: string) => `fs.writeFileSync('${own}', '')
      while (!fs.existsSync('${other}')) await new Promise(setImmediate)`
    const { exitCode, said } = await gate([
      stage('unit', { code: meet('a', 'b'), counts: { passed: 1 } }),
      stage('property', { lane: 'beside', code: meet('b', 'a'), counts: { passed: 2 } }),
      stage('simulation', { lane: 'beside', code: "fs.readFileSync('b')" }),
      stage('e2e', { code: "fs.readFileSync('a')" }),
    ])
    expect({ exitCode, last: said.at(-1) }).toEqual({ exitCode: 0, last: '3 passed, 0 failed' })
    expect(said.join('\n')).toMatch(/^unit .*\nproperty .*\nsimulation .*\ne2e .*\ntotal/m)
  })

  test('given a stage beside, then its words come whole, not among those of the front', async () => {
    const { said } = await gate([
      stage('unit', { code: "while (!fs.existsSync('done')) await new Promise(setImmediate)" }),
      stage('property', {
        lane: 'beside',
        counts: { passed: 1 },
        code: "process.stdout.write('all hold\\n'); fs.writeFileSync('done', '')",
      }),
    ])
    expect(said.slice(0, 3)).toEqual(['\n── unit ──', 'unit.mjs', '\n── property ──\nall hold'])
  })

  test('given a failure beside, then the front is stopped, and the failure is said last', async () => {
    const { exitCode, said, last } = await gate([
      stage('unit', { counts: { passed: 1 }, code: HANGS }),
      stage('e2e', { counts: { passed: 1 } }),
      stage('property', {
        lane: 'beside',
        counts: { passed: 2, failed: 1 },
        code: `process.stdout.write('does not hold\\n'); ${FAILS}`,
      }),
    ])
    expect(exitCode).toBe(1)
    const text = said.join('\n')
    expect(text).toMatch(/does not hold\nproperty.mjs exited with 1\n\nstage /)
    expect(text).toMatch(/^unit +stopped .*\ne2e +not run *\nproperty +failed/m)
    expect(last).toMatch(/^\d passed, 1 failed$/)
  })

  test('given a stage beside by its name, then it runs in front', async () => {
    const { exitCode, said } = await gate(
      [stage('property', { lane: 'beside', counts: { passed: 1 } })],
      ['property'],
    )
    expect(exitCode).toBe(0)
    expect(said[0]).toBe('\n── property ──')
    expect(existsSync(join(root, 'build', 'test', 'property.log'))).toBe(false)
  })
})

/** A zombie that nobody has waited for yet does not run. */
function isRunning(pid: number): boolean {
  const stat = join('/proc', String(pid), 'stat')
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'))
}
