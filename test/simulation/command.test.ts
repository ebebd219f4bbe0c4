import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const MAIN = new URL('../../simulations/main.ts', import.meta.url).pathname
const HONEST = new URL('../../simulations/scenarios/honest-four.yaml', import.meta.url).pathname

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command; `onTalk` sees stderr while it runs. */
function simulate(
  args: readonly string[],
  onTalk: (child: ReturnType<typeof spawn>) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    said.stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    said.stderr += String(chunk)
  })
  // Once: whoever sends a second interrupt does not wait for an orderly end.
  child.stderr.once('data', () => onTalk(child))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...said }))
  })
}

describe('simulate', () => {
  let folder = ''
  const file = (name: string) => join(folder, name)

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulation-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('prints one JSON object, the same every time, and writes report and CSV', async () => {
    const args = ['simulate', HONEST, '--rounds', '50', '--seed', '9', '--json']
    const written = ['--report', file('out.html'), '--csv', file('out.csv')]
    const first = await simulate([...args, ...written])
    const second = await simulate(args)
    expect(first).toMatchObject({ code: 0, stdout: second.stdout })
    const result = JSON.parse(first.stdout)
    expect(result).toMatchObject({ seed: 9, isComplete: true, rounds: { opened: 50, fast: 50 } })
    expect(result.command).toContain('--seed 9 --rounds 50')
    expect(result.commit).toMatch(/^[0-9a-f]{40}(-dirty-[0-9a-f]{12})?$|^unknown$/)
    expect(readFileSync(file('out.csv'), 'utf8').split('\r\n')).toHaveLength(52)
    const report = readFileSync(file('out.html'), 'utf8')
    expect(report).toContain(result.traceHash)
    expect(report).not.toMatch(/(?:src|href)="?https?:/)
  })

  test('a broken invariant ends with exit code 1 and is named', async () => {
    const liars = file('liars.yaml')
    writeFileSync(
      liars,
      'name: liars\nrounds: 20\ncommittee: { members: 4 }\n' +
        'adversaries: [{ strategy: lie, members: [2, 3] }]\n',
    )
    const { code, stdout } = await simulate(['simulate', liars])
    expect(code).toBe(1)
    expect(stdout).toContain('BROKEN     S1 in round')
  })

  test('a wrong scenario ends with exit code 2, every problem, and nothing on stdout', async () => {
    const wrong = file('wrong.yaml')
    writeFileSync(wrong, 'name: wrong\nrounds: -1\ncommittee: { members: 3 }\n')
    const { code, stdout, stderr } = await simulate(['simulate', wrong])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('SCENARIO_INVALID')
    expect(stderr).toContain('rounds:')
    expect(stderr).toContain('committee.members:')
  })

  test('attacks tells for every strategy how rounds ended, and that nothing broke', async () => {
    const { code, stdout } = await simulate(['attacks', '--rounds', '60', '--json'])
    const { members, rows } = JSON.parse(stdout)
    expect({ code, members }).toEqual({ code: 0, members: [4] })
    expect(rows.length).toBeGreaterThan(25)
    for (const { rounds, violations } of rows) {
      expect(rounds.fast + rounds.proposed + rounds.lost).toBe(60)
      expect(violations).toEqual([])
    }
  })

  test('estimate prints mean and 99th percentile', async () => {
    const args = ['estimate', '--topology', 'us-east-1:2,eu-west-1:2', '--protocol', 'ours']
    const { code, stdout } = await simulate([...args, '--trials', '200', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ protocol: 'ours', members: 4, trials: 800 })
    const wrong = await simulate([...args.slice(0, 3), '--protocol', 'paxos'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('--protocol: must be one of simplex')
  })

  test('a wrong command line says how it goes', async () => {
    const { code, stderr } = await simulate(['simulate', HONEST, '--seed', 'many'])
    expect(code).toBe(2)
    expect(stderr).toBe(
      'USAGE_INVALID: --seed must be a whole number from 0 to 4294967295; ' +
        'see npm run sim -- simulate --help\n',
    )
    const none = await simulate(['simulate', HONEST, '--rounds', '0'])
    expect(none.code).toBe(2)
    expect(none.stderr).toMatch(
      /^USAGE_INVALID: --rounds must be a whole number from 1 to 10000000;/,
    )
    const negative = await simulate(['simulate', HONEST, '--rounds', '-5'])
    expect(negative.code).toBe(2)
    expect(negative.stderr).toMatch(/^USAGE_INVALID: --rounds needs a value; .*: --rounds=-1; see/)
  })

  test('an interrupt ends the run in order, with what came out so far', async () => {
    const { code, stdout } = await simulate(
      ['simulate', HONEST, '--rounds', '5000000', '--json'],
      (child) => child.kill('SIGINT'),
    )
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ isComplete: false, violationCount: 0 })
  })
})
