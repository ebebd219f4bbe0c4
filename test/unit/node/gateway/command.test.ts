import { expect, test } from 'vitest'
import { parallax } from '../../../support/parallax.ts'

async function run(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await parallax(...args)
  return { exitCode, said: stdout + stderr }
}

const FOLLOW = ['--bootstrap', '/ip4/127.0.0.1/tcp/9001'] as const

test.each([
  [['gateway'], 'needs --config, or --committee and --bootstrap'],
  [['gateway', '--committee', 'committee.json'], 'needs --config, or --committee and --bootstrap'],
  [['gateway', '--config', 'gateway.yaml', ...FOLLOW], 'give --config or the other options'],
  [['gateway', '--committee', 'c.json', ...FOLLOW, '--port', '80a'], '--port must be a number'],
])('%j is refused', async (args, why) => {
  const { exitCode, said } = await run(...args)
  expect(exitCode).toBe(2)
  expect(said).toContain(why)
})

test('a committee file that is missing is named', async () => {
  const { exitCode, said } = await run('gateway', '--committee', 'no/such/file.json', ...FOLLOW)
  expect(exitCode).toBe(3)
  expect(said).toContain('CONFIG_UNREADABLE')
  expect(said).toContain('no/such/file.json')
})

test('help lists every option', async () => {
  const { said } = await run('gateway', '--help')
  for (const option of ['config', 'committee', 'bootstrap', 'listen', 'port', 'json']) {
    expect(said).toContain(`--${option}`)
  }
})
