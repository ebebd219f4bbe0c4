import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allCommands } from '../../../../node/cli/execute.ts'
import { EXIT_CODES, exitCodeOf } from '../../../../node/cli/exit-codes.ts'
import { OracleError } from '../../../../node/errors.ts'

const ROOT = new URL('../../../../', import.meta.url)
const doc = readFileSync(new URL('docs/cli.md', ROOT), 'utf8')
const errors = readFileSync(new URL('docs/errors.md', ROOT), 'utf8')
const documented = [...errors.matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code ?? '')

test('docs/cli.md holds the table of exit codes', () => {
  const rows = EXIT_CODES.map(({ exitCode, meaning }) => `| ${exitCode} | ${meaning} |`)
  expect(doc).toContain(['| Code | Meaning |', '|---|---|', ...rows].join('\n'))
})

test('docs/cli.md lists every command and no other', async () => {
  const [, table = ''] = doc.split('| Command | What it does |')
  const [rows = ''] = table.split('\n\n')
  const listed = [...rows.matchAll(/^\| `([a-z ]+)` \|/gm)].map(([, name]) => name)
  const commands = await allCommands()
  expect(listed.toSorted()).toEqual(commands.map(({ name }) => name).toSorted())
})

test.each(EXIT_CODES.flatMap(({ codes }) => [...codes] as string[]))(
  'some error in docs/errors.md begins with %s',
  (pattern) => {
    expect(documented.some((code) => code.startsWith(pattern))).toBe(true)
  },
)

test.each([
  ['CONFIG_INVALID', 3],
  ['KEYSTORE_PASSPHRASE_WRONG', 4],
  ['API_PORT_BUSY', 5],
  ['RPC_NONE_USABLE', 6],
  ['NODE_UNREACHABLE', 7],
])('%s ends a command with %i', (code, exitCode) => {
  expect(exitCodeOf(new OracleError(code, ''))).toBe(exitCode)
})

test('what has no code ends a command with 1', () => {
  expect(exitCodeOf(new Error('broken'))).toBe(1)
  expect(exitCodeOf('broken')).toBe(1)
})
