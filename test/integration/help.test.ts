import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tasks } from '../support/tasks.ts'

const ROOT = join(import.meta.dirname, '..', '..')

interface Started {
  /** As people say it. */
  readonly said: string
  readonly program: string
  readonly words: readonly string[]
}

/** What `npm run` starts for every script of package.json; its names are held by tasks.test.ts. */
const SCRIPTS: readonly Started[] = tasks().map(({ name, program }) => ({
  said: name,
  program,
  words: [],
}))

/**
 * Parts with options of their own, one for each way of taking them apart; all commands of the
 * simulator are in usage.test.ts.
 */
const PARTS: readonly Started[] = [
  { said: 'parallax keys', program: 'node/cli/main.ts', words: ['keys'] },
  { said: 'parallax keys new', program: 'node/cli/main.ts', words: ['keys', 'new'] },
  { said: 'parallax simulate', program: 'node/cli/main.ts', words: ['simulate'] },
  { said: 'sim estimate', program: 'simulations/main.ts', words: ['estimate'] },
  { said: 'model explore', program: 'test/model/main.ts', words: ['explore'] },
]

/** Runs it with what the tasks give it, so that its code is compiled once. */
async function run({ program, words }: Started, option: string) {
  const child = spawn(process.execPath, [program, ...words, option], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(ROOT, 'build', 'compile-cache') },
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, ...texts }))
  })
}

describe.concurrent('every script of package.json', () => {
  test.each([...SCRIPTS, ...PARTS])(
    '$said says how it is used, and begins nothing',
    async (started) => {
      const dist = join(ROOT, 'dist')
      const wasPacked = existsSync(dist)
      expect(await run(started, '--help')).toEqual({
        exitCode: 0,
        stdout: expect.stringMatching(/^Usage: (?:npm |parallax)/),
        stderr: '',
      })
      expect(existsSync(dist)).toBe(wasPacked)
    },
  )

  test.each([...SCRIPTS, ...PARTS])(
    '$said refuses an option that it does not know in one line',
    async (started) => {
      const refusal = /^(?:USAGE|DEVNET_OPTION)_INVALID: .*--no-such-option.*; see .*help\n$/
      expect(await run(started, '--no-such-option')).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringMatching(refusal),
      })
    },
  )
})
