import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commitOf, isExact } from '../../../simulations/origin/commit.ts'

let repository: string
let code: string

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'parallax-commit-'))
  code = join(repository, 'simulations')
  mkdirSync(code)
  mkdirSync(join(repository, 'aggregator'))
  writeFileSync(join(code, 'run.ts'), '1')
  writeFileSync(join(repository, 'aggregator', 'step.ts'), '1')
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example']
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: repository })
  git('init', '--quiet')
  git('add', '.')
  git(...who, 'commit', '--quiet', '--message', 'a')
})
afterEach(() => rmSync(repository, { recursive: true }))

describe('the commit of the code that runs', () => {
  test('is marked by what was changed since', () => {
    const step = join(repository, 'aggregator', 'step.ts')
    expect(commitOf(code)).toMatch(/^[0-9a-f]{40}$/)
    writeFileSync(step, '2')
    const second = commitOf(code)
    expect(second).toMatch(/^[0-9a-f]{40}-dirty-[0-9a-f]{12}$/)
    writeFileSync(step, '3')
    expect(commitOf(code)).not.toBe(second)
    writeFileSync(step, '2')
    expect(commitOf(code)).toBe(second)
    rmSync(step)
    expect(new Set([second, commitOf(code)]).size).toBe(2)
  })

  test('is marked by new code too', () => {
    writeFileSync(join(code, 'new.ts'), '1')
    const first = commitOf(code)
    expect(first).toContain('-dirty-')
    writeFileSync(join(code, 'new.ts'), '2')
    expect(commitOf(code)).not.toBe(first)
  })

  test('is the same when results were written beside their scenario', () => {
    const before = commitOf(code)
    writeFileSync(join(code, 'sweep.jsonl'), '1')
    expect(commitOf(code)).toBe(before)
  })

  test('of a package in the repository of somebody else are its version and its files', () => {
    const root = join(repository, 'node_modules', 'parallax-oracle')
    const installed = join(root, 'dist', 'simulations', 'origin')
    mkdirSync(installed, { recursive: true })
    writeFileSync(join(installed, 'commit.js'), '1')
    expect(commitOf(installed)).toBe('unknown')
    writeFileSync(join(root, 'package.json'), '{ "version": "1.2.3" }')
    const first = commitOf(installed)
    expect(first).toMatch(/^package-1\.2\.3-[0-9a-f]{12}$/)
    writeFileSync(join(installed, 'commit.js'), '2')
    expect(commitOf(installed)).not.toBe(first)
  })

  test('says which code ran unless it is unknown, or changed by nobody knows what', () => {
    const sha = 'c'.repeat(40)
    expect([sha, `${sha}-dirty-0123456789ab`, 'package-1.2.3-ab'].map(isExact)).toEqual([
      true,
      true,
      true,
    ])
    expect(['unknown', `${sha}-dirty`].map(isExact)).toEqual([false, false])
  })
})
