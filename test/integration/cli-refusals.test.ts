import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parallax } from '../support/parallax.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-refusals-'))
  await writeFile(join(directory, 'passphrase'), 'correct horse', { mode: 0o600 })
  await writeFile(join(directory, 'file'), '')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test.each([
  ['where nobody may make a folder', '/proc/parallax/oracle'],
  ['into a file', 'file'],
])('init %s ends with what to check', async (_, where) => {
  const to = where.startsWith('/') ? where : join(directory, where)
  const passphrase = join(directory, 'passphrase')
  const init = await parallax('init', '--directory', to, '--passphrase-file', passphrase)
  expect(init).toMatchObject({ exitCode: 3, stdout: '' })
  expect(init.stderr).toMatch(/^FILE_NOT_WRITTEN: cannot write .*; check the directory/)
})

test.each([
  ['doctor --config node.yaml --timeout -5', '--timeout needs a value; .*: --timeout=-1'],
  ['rotate check --config a --next b --epoch -1 --active-from c', '--epoch needs a value'],
  ['status --url ftp://127.0.0.1', '--url must be an address such as http'],
  ['keys new key.json --purpose banana', '--purpose must be .*; see parallax --help'],
])('%s is refused in one line', async (line, says) => {
  const { exitCode, stdout, stderr } = await parallax(...line.split(' '))
  expect({ exitCode, stdout, lines: stderr.split('\n').length }).toEqual({
    ...{ exitCode: 2, stdout: '', lines: 2 },
  })
  expect(stderr).toMatch(new RegExp(`^USAGE_INVALID: ${says}`))
})
