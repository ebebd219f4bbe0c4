import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commitOf } from '../../../simulations/origin/commit.ts'

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
  test('is marked when the code was changed since', () => {
    expect(commitOf(code)).toMatch(/^[0-9a-f]{40}$/)
    writeFileSync(join(repository, 'aggregator', 'step.ts'), '2')
    expect(commitOf(code)).toMatch(/^[0-9a-f]{40}-dirty$/)
  })

  test('is the same when results were written beside their scenario', () => {
    const before = commitOf(code)
    writeFileSync(join(code, 'sweep.jsonl'), '1')
    expect(commitOf(code)).toBe(before)
  })

  test('is unknown of a package that is installed in the repository of somebody else', () => {
    const installed = join(repository, 'node_modules', 'parallax-oracle')
    mkdirSync(installed, { recursive: true })
    writeFileSync(join(installed, 'run.js'), '1')
    expect(commitOf(installed)).toBe('unknown')
  })
})
